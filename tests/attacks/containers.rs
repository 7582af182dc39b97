//! The tar of a handoff, packed by an enemy: every size is limited, no name in it is ever used as a path, and only three
//! plain files are taken.
//!
//! Each is signed and complete but for the trick, so that nothing else stops it.

use super::{INSPECT, SIGN, cases};
use story_tests::Case;
use story_tests::Story;

/// `crafted PYTHON`: the handoff anew; `tar` is Python's, `plain(NAME)` adds one of the three entries as it was.
const CRAFT: &str = r#"
crafted() {
    unpack workload.handoff
    printf '%s\n' "$1" > tmp/body.py
    python3 - <<'PYTHON'
import io, tarfile
tar = tarfile.open("workload.handoff", "w", format=tarfile.GNU_FORMAT)
def info(name, size=0, **fields):
    it = tarfile.TarInfo(name)
    it.size = size
    for field, value in fields.items():
        setattr(it, field, value)
    return it
def plain(name, entry=None):
    content = open("handoff/" + name, "rb").read()
    it = entry or info(name)
    it.size = len(content)
    tar.addfile(it, io.BytesIO(content))
def claims(name, size):
    tar.fileobj.write(info(name, size).tobuf(tarfile.GNU_FORMAT))
    tar.offset = tar.fileobj.seek(size, 1)
def rest(but=()):
    for name in "token", "statement.json", "statement.json.sig":
        if name not in but:
            plain(name)
exec(open("tmp/body.py").read())
tar.close()
PYTHON
    rm -r handoff tmp/body.py
}
"#;

/// An attack whose tar is made by Python.
macro_rules! crafted {
    ($($name:ident { $craft:expr, exit: $exit:expr, says: [$($says:expr),+ $(,)?] $(,)? })*) => {
        $(#[test]
        fn $name() {
            let given = format!("{CRAFT}\ncrafted '{}'", $craft);
            // signing and looking are two ways in
            for run in [concat!("ulimit -v 1000000; ", "sign -o new"), concat!("ulimit -v 1000000; ", "contract-signer inspect workload.handoff $TRUST")] {
                refused(&given, run, $exit, &[$($says),+]);
            }
        })*
    };
}

fn refused(given: &str, run: &'static str, exit: i32, says: &'static [&'static str]) {
    let given: &'static str = String::leak(given.to_owned());
    Case { given, run, exit, says }.check();
}

crafted! {
    an_entry_twice {
        r#"rest(); plain("statement.json")"#,
        exit: 3, says: ["it holds `statement.json` twice"],
    }
    a_second_token_behind_the_first {
        r#"rest(); plain("token")"#,
        exit: 3, says: ["it holds `token` twice"],
    }
    a_second_token_under_another_spelling {
        r#"rest(); plain("token", info("./token"))"#,
        exit: 3, says: ["it holds `token` twice"],
    }
    an_extra_entry {
        r#"rest(); tar.addfile(info("README"))"#,
        exit: 3, says: ["it holds an entry `README`; a handoff holds"],
    }
    a_hundred_thousand_entries {
        r#"rest()
for i in range(100000): tar.fileobj.write(info("token").tobuf())"#,
        exit: 3, says: ["it holds `token` twice"],
    }
    a_token_of_ten_gigabytes {
        r#"claims("token", 10 << 30); rest(["token"])"#,
        exit: 3, says: ["its `token` is not a token"],
    }
    a_statement_of_ten_gigabytes {
        r#"claims("statement.json", 10 << 30); rest(["statement.json"])"#,
        exit: 3, says: ["its `statement.json` claims 10737418240 bytes, at most 1048576 are read"],
    }
    a_signature_of_ten_gigabytes_that_is_there {
        r#"claims("statement.json.sig", 10 << 30); rest(["statement.json.sig"])"#,
        exit: 3, says: ["its `statement.json.sig` claims 10737418240 bytes, at most 16384 are read"],
    }
    a_token_of_eight_exabytes {
        r#"rest(["token"]); tar.fileobj.write(info("token", (1 << 63) - 1).tobuf(tarfile.GNU_FORMAT))"#,
        exit: 3, says: ["claims 9223372036854775807 bytes"],
    }
    a_token_of_less_than_nothing {
        r#"rest(["token"]); tar.fileobj.write(info("token", -1).tobuf(tarfile.GNU_FORMAT))"#,
        exit: 3, says: ["workload.handoff"],
    }
    a_sparse_entry {
        r#"plain("token", info("token", type=tarfile.GNUTYPE_SPARSE)); rest(["token"])"#,
        exit: 3, says: ["its entry `token` is not a regular file"],
    }
    a_pax_path {
        r#"tar.format = tarfile.PAX_FORMAT; plain("token", info("innocent", pax_headers={"path": "token"})); rest(["token"])"#,
        exit: 3, says: ["an extended header", "`tar --format=ustar"],
    }
    a_pax_path_that_leads_elsewhere {
        r#"tar.format = tarfile.PAX_FORMAT; plain("token", info("token", pax_headers={"path": "../../x"})); rest(["token"])"#,
        exit: 3, says: ["an extended header"],
    }
    a_pax_size {
        r#"tar.format = tarfile.PAX_FORMAT; plain("token", info("token", pax_headers={"size": "1"})); rest(["token"])"#,
        exit: 3, says: ["an extended header"],
    }
    a_global_pax_header {
        r#"tar.close(); tar = tarfile.open("workload.handoff", "w", format=tarfile.PAX_FORMAT, pax_headers={"path": "token"}); rest()"#,
        exit: 3, says: ["workload.handoff"],
    }
    a_pax_sparse_map {
        r#"tar.format = tarfile.PAX_FORMAT
plain("token", info("token", pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "10737418240", "GNU.sparse.name": "token"})); rest(["token"])"#,
        exit: 3, says: ["an extended header"],
    }
    a_gnu_long_name {
        r#"plain("token", info("x/" * 80 + "token")); rest(["token"])"#,
        exit: 3, says: ["an extended header"],
    }
    a_gnu_long_link {
        r#"rest(); tar.addfile(info("l", type=tarfile.SYMTYPE, linkname="x/" * 80))"#,
        exit: 3, says: ["an extended header"],
    }
    a_path_with_dot_dot {
        r#"plain("token", info("../token")); rest(["token"])"#,
        exit: 3, says: ["it holds an entry `../token`"],
    }
    a_path_that_goes_down_and_up {
        r#"plain("token", info("x/../token")); rest(["token"])"#,
        exit: 3, says: ["it holds an entry `x/../token`"],
    }
    an_absolute_path {
        r#"plain("token", info("/etc/cron.d/token")); rest(["token"])"#,
        exit: 3, says: ["it holds an entry `/etc/cron.d/token`"],
    }
    a_name_with_a_nul_inside {
        r#"header = bytearray(info("token.sh", 0).tobuf(tarfile.GNU_FORMAT)); header[5] = 0
header[148:156] = b"        "; header[148:156] = b"%06o\0 " % sum(header)
rest(); tar.fileobj.write(bytes(header))"#,
        exit: 3, says: ["it holds `token` twice"],
    }
    a_symlink_entry {
        r#"tar.addfile(info("token", type=tarfile.SYMTYPE, linkname="contract-signer/signing-key.pem")); rest(["token"])"#,
        exit: 3, says: ["its entry `token` is not a regular file"],
    }
    a_hardlink_entry {
        r#"tar.addfile(info("token", type=tarfile.LNKTYPE, linkname="env.token")); rest(["token"])"#,
        exit: 3, says: ["its entry `token` is not a regular file"],
    }
    a_device_entry {
        r#"tar.addfile(info("token", type=tarfile.CHRTYPE, devmajor=1, devminor=5)); rest(["token"])"#,
        exit: 3, says: ["its entry `token` is not a regular file"],
    }
    a_pipe_entry {
        r#"tar.addfile(info("statement.json", type=tarfile.FIFOTYPE)); rest(["statement.json"])"#,
        exit: 3, says: ["its entry `statement.json` is not a regular file"],
    }
    a_folder_entry {
        r#"tar.addfile(info("./", type=tarfile.DIRTYPE)); rest()"#,
        exit: 3, says: ["workload.handoff"],
    }
    a_second_archive_behind_the_end {
        r#"rest(); tar.close(); tar = tarfile.open("behind", "w"); tar.close()
import os
body = open("workload.handoff", "rb").read(); open("workload.handoff", "wb").write(body + body); os.remove("behind")"#,
        exit: 3, says: ["something is behind the end"],
    }
    a_gigabyte_of_zeros_behind_the_end {
        r#"rest(); tar.close(); open("workload.handoff", "r+b").truncate(1 << 30)"#,
        exit: 3, says: ["something is behind the end"],
    }
    a_header_with_a_wrong_checksum {
        r#"rest(); tar.fileobj.seek(0); tar.fileobj.write(b"t0ken"); tar.fileobj.seek(0, 2)"#,
        exit: 3, says: ["not a tar archive, or a damaged one"],
    }
}

cases! {
    a_handoff_cut_in_its_last_entry {
        given: "unpack workload.handoff; size=$(stat -c %s handoff/token); rm -r handoff; truncate -s $((size / 512 * 512 + 512 + 2048)) workload.handoff",
        run: SIGN,
        exit: 3, says: ["cannot take `workload.handoff` as the workload half"],
    }
    a_handoff_in_a_handoff {
        given: "mkdir handoff; cp workload.handoff handoff/token; cp workload.handoff inner; unpack inner; rm inner
                cp workload.handoff handoff/token; repack workload.handoff",
        run: INSPECT,
        exit: 3, says: ["its `token` is not a token"],
    }
}

/// The positive control of all of the above: the same hands, without a trick.
#[test]
fn what_is_crafted_without_a_trick_is_accepted() {
    let story = Story::signed();
    story.does(&format!("{CRAFT}\ncrafted 'rest()'; sign -o new"));
}
