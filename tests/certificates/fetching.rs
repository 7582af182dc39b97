//! `certificate fetch`, against an HTTPS server that misbehaves in every way it is asked to.

use super::{cases, played};

const HERE: &str = "fetch() { workload-provider certificate fetch --version 29 --ca-file root.crt --url \"https://localhost:$PORT/$1\" -o new.crt \"${@:2}\"; }";
const BEGIN: &str = "server; . ./here; rm server.log;";

/// What a run leaves is compared with what stood there before: so the answers are shown, and removed.
fn fetched(given: &str, run: &str) -> (i32, String) {
    let outcome = played(&format!("{given}\ncat > here <<'END'\n{HERE}\nEND"), &format!("{BEGIN} {run}"));
    (outcome.exit, format!("{}{}", outcome.text(), outcome.stderr))
}

#[test]
fn a_certificate_is_fetched_verified_and_written() {
    let given = "mkdir 29; for f in encrypt intermediate; do cp $f.crt 29/name-29-$f.crt; done
                 issue other intermediate encryption 'Contract Attestation'; cp other.crt 29/name-29-attestation.crt";
    let pattern = "'files/{version}/name-{version}-{kind}.crt'";
    for (flags, files, says) in [
        ("", "new.crt", "well formed and valid today"),
        (
            "--with intermediate",
            "new.crt name-29-intermediate.crt",
            "its issuer signed it; the issuer itself is not verified",
        ),
        (
            "--with intermediate --with attestation --intermediate ca.crt --root root.crt --crl intermediate.crl",
            "new.crt name-29-intermediate.crt name-29-attestation.crt",
            "verified up to a root that you trust",
        ),
        ("$CHAIN", "new.crt", "verified up to a root that you trust"),
    ] {
        let run = format!(
            "fetch {pattern} {flags}; exit=$?; cmp new.crt encrypt.crt || exit=99; ls {files} || exit=98
             fetch {pattern} {flags} 2> again; [ $? = 1 ] && grep -q 'already exists' again || exit=97
             fetch {pattern} {flags} --force --json | grep -q '\"keyFingerprint\":\"sha256:' || exit=96
             rm {files} again; exit $exit"
        );
        let (exit, said) = fetched(given, &run);
        assert_eq!(exit, 0, "{flags}: {said}");
        assert!(said.contains(says), "{flags}: {said}");
    }
}

#[test]
fn redirects_are_followed_while_they_stay_with_https() {
    let (exit, said) = fetched("", "fetch moved/encrypt.crt && rm new.crt");
    assert_eq!(exit, 0, "{said}");
}

/// As every other program: but for the hosts that need none.
#[test]
fn the_proxy_of_the_environment_is_heeded() {
    let (exit, said) = fetched("", "HTTPS_PROXY=http://localhost:1 fetch files/encrypt.crt");
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("connection refused"), "{said}");
    let fetch = "HTTPS_PROXY=http://localhost:1 NO_PROXY=localhost fetch files/encrypt.crt && rm new.crt";
    let (exit, said) = fetched("", fetch);
    assert_eq!(exit, 0, "{said}");
}

/// The address may be the folder's own, and the name that of its certificate.
#[test]
fn the_everyday_fetch_needs_the_version_alone() {
    let (exit, said) = fetched(
        "",
        "mkdir me; printf 'certificate: hpcr.crt\ncertificate-url: https://localhost:%s/files/{kind}.crt\n' $PORT > me/persona.yaml
         env-deployer certificate fetch -C me --version 29 --ca-file root.crt && cmp me/hpcr.crt encrypt.crt; exit=$?
         rm -r me; exit $exit",
    );
    assert_eq!(exit, 0, "{said}");
}

/// Each refusal: its reason, its exit code, and nothing written.
fn refused(run: &str, exit: i32, says: &str) {
    let (found, said) = fetched("", run);
    assert!(said.contains(says), "does not say `{says}`: {said}");
    assert_eq!(found, exit, "{said}");
    assert!(said.contains("hint: "), "no way on: {said}");
}

#[test]
fn a_404_with_a_web_page() {
    refused("fetch absent", 1, "the server answered 404 Not Found, with a web page");
}

#[test]
fn a_web_page_with_status_200() {
    refused("fetch page", 3, "the file is a web page (HTML or XML), not a certificate");
}

#[test]
fn a_redirect_to_plain_http() {
    refused("fetch plain/encrypt.crt", 4, "/files/encrypt.crt`, which is no HTTPS address");
}

/// What is named is used, or it is said that it is not.
#[test]
fn a_revocation_list_without_a_root() {
    refused(
        "workload-provider certificate fetch --version 29 --ca-file root.crt --url \"https://localhost:$PORT/files/{kind}.crt\" -o new.crt --crl intermediate.crl",
        2,
        "no root is named",
    );
}

#[test]
fn redirects_without_end() {
    refused("fetch loop/encrypt.crt", 1, "more than 3 redirects");
}

#[test]
fn a_server_that_says_nothing() {
    refused("fetch silent --timeout 1", 1, "not complete within 1 seconds");
}

#[test]
fn a_server_that_dribbles() {
    refused("fetch slow/encrypt.crt --timeout 2", 1, "not complete within 2 seconds");
}

#[test]
fn two_gigabytes() {
    refused("ulimit -v 2000000; fetch huge", 3, "larger than 65536 bytes");
    refused("ulimit -v 2000000; fetch endless", 3, "larger than 65536 bytes");
}

#[test]
fn another_host_name() {
    let run = "workload-provider certificate fetch --ca-file root.crt -o new.crt --url https://127.0.0.1:$PORT/files/encrypt.crt";
    refused(run, 4, "the server's certificate is refused: IP address mismatch");
}

#[test]
fn an_authority_that_is_not_the_system_s() {
    let run =
        "workload-provider certificate fetch -o new.crt --url https://localhost:$PORT/files/encrypt.crt";
    refused(run, 4, "the server's certificate is refused: ");
}

#[test]
fn an_intermediate_that_did_not_sign_it() {
    let given = "issue other ca signing 'Story platform signing service'; cp other.crt x-intermediate.crt; cp encrypt.crt x-encrypt.crt; mkdir out";
    let fetch = "workload-provider certificate fetch --ca-file root.crt -o out/new.crt --with intermediate \
                 --url \"https://localhost:$PORT/files/x-{kind}.crt\"";
    let (exit, said) = fetched(given, fetch);
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("its signature was not made with the key of the intermediate"), "{said}");
}

#[test]
fn an_intermediate_that_expired() {
    let given = "TO=20260202000000Z issue intermediate ca signing 'Story platform signing service'; mkdir out published
                 for k in encrypt intermediate; do cp $k.crt published/x-$k.crt; done";
    let fetch = "workload-provider certificate fetch --ca-file root.crt -o out/new.crt --with intermediate \
                 --url \"https://localhost:$PORT/files/published/x-{kind}.crt\"";
    let (exit, said) = fetched(given, fetch);
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("CN=Story platform signing service` expired on 2026-02-02"), "{said}");
}

/// A new key where one is pinned is a new decision.
#[test]
fn another_key_than_the_pinned_one() {
    let run = "mkdir me; printf 'certificate-pin: sha256:%064d\n' 0 > me/persona.yaml
               fetch files/encrypt.crt -C me; exit=$?; rm -r me; exit $exit";
    refused(run, 4, "holds another key than the pinned one");
}

#[test]
fn a_certificate_that_expired() {
    let given = "FROM=20250101000000Z TO=20260102000000Z issue encrypt intermediate encryption Old";
    let (exit, said) = fetched(given, "fetch files/encrypt.crt");
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("expired on 2026-01-02"), "{said}");
}

cases! {
    a_server_of_another_name {
        given: "issue server root other_server elsewhere.example",
        run: "server; rm server.log; workload-provider certificate fetch --ca-file root.crt -o new.crt --url https://localhost:$PORT/files/encrypt.crt",
        exit: 4, says: "the server's certificate is refused: hostname mismatch",
    }
    a_self_signed_server {
        given: "issue server server server localhost",
        run: "server; rm server.log; workload-provider certificate fetch --ca-file root.crt -o new.crt --url https://localhost:$PORT/files/encrypt.crt",
        exit: 4, says: "the server's certificate is refused: self-signed certificate",
    }
    nobody_there {
        given: "",
        run: "unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy; workload-provider certificate fetch -o new.crt --url https://localhost:1/encrypt.crt",
        exit: 1, says: "cannot fetch `https://localhost:1/encrypt.crt`: ",
    }
    plain_http {
        given: "",
        run: "workload-provider certificate fetch -o new.crt --url http://localhost:1/encrypt.crt",
        exit: 2, says: "not an HTTPS address",
    }
    a_platform_without_an_address {
        given: "",
        run: "workload-provider certificate fetch -o new.crt --platform ccrt --version 26.7.2",
        exit: 2, says: "no address is documented for the platform ccrt",
    }
    no_version {
        given: "",
        run: "workload-provider certificate fetch -o new.crt",
        exit: 2, says: "no image version is named",
    }
    a_file_that_is_there {
        given: "",
        run: "workload-provider certificate fetch -o encrypt.crt --version 29",
        exit: 1, says: "cannot write `encrypt.crt`: it already exists",
    }
    an_authority_file_without_a_certificate {
        given: "",
        run: "workload-provider certificate fetch -o new.crt --version 29 --ca-file root.key",
        exit: 3, says: "cannot use `root.key`: no PEM certificate in it",
    }
}
