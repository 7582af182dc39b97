//! Initdata in any of its forms. What we write we read back, with the same user data.
#![cfg_attr(fuzzing, no_main)]

use contract_core::initdata::Initdata;

contract_fuzz::target!(initdata);

fn initdata(data: &[u8]) {
    let _ = Initdata::is_likely(data);
    let Ok(read) = Initdata::parse(data) else { return };
    let _ = read.doubts();
    let toml = read.to_toml();
    let annotation = read.to_annotation().expect("memory takes it");
    for form in [&*toml, &*annotation] {
        let again = Initdata::parse(form.as_bytes()).expect("what we write is initdata");
        assert_eq!(again.user_data, read.user_data);
        assert_eq!((again.algorithm, &again.version), (read.algorithm, &read.version));
    }
}
