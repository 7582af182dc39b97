//! `boot --probe-logging`, judged by a real rsyslog that wants a certificate of its clients, and by `openssl s_server`.

use story_tests::Story;

/// The sample folders' contract, as the ceremony made it.
#[test]
fn rsyslog_receives_the_line_of_the_ceremony_s_contract() {
    let story = Story::played();
    let log = story.does(
        "rsyslog=$PWD/played/env-deployer/rsyslog
         log_server \"$rsyslog\"
         guest-rehearsal boot played/guest/user-data --guest-key played/guest/guest-key.pem \
             --probe-logging --resolve \"rsyslog.paynow.example:6514:$(loopback)\" --json > log
         for i in 1 2 3 4 5 6 7 8 9; do [ -s \"$rsyslog/received\" ] && break; sleep 0.2; done
         cat \"$rsyslog/received\"",
    );
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 1, "{log}");
    let words: Vec<_> = lines[0].splitn(8, ' ').collect();
    assert_eq!(
        [words[0], words[3], words[4], words[5], words[6]],
        ["<14>1", "guest-rehearsal", "-", "-", "-"]
    );
    assert!(words[7].starts_with("contract rehearsal: "), "{log}");
    let report: serde_json::Value = serde_json::from_slice(&story.read("log")).unwrap();
    let steps = report["steps"].as_array().unwrap();
    let of = |name: &str| steps.iter().position(|step| step["name"] == name).unwrap();
    assert_eq!(steps[of("logging")]["verdict"], "ok", "{report}");
    assert!(of("logging") < of("schema") && of("schema") < of("signature"), "{report}");
}

/// An authority, a server and several clients, by `openssl`; PKCS#8 keys, as the guest reads them.
const PKI: &str = r#"
    pki=$PWD/pki; mkdir -p pki; cd pki
    key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
    authority() { key "$1-key.pem"; openssl req -x509 -new -key "$1-key.pem" -subj "/CN=$1" -days 99 -out "$1.crt"; }
    # `openssl x509` makes no expired certificate in every version, `openssl ca` does
    leaf() { # FILE COMMON-NAME AUTHORITY [END]
        key "$1-key.pem"
        openssl req -new -key "$1-key.pem" -subj "/CN=$2" -out request
        : > index
        openssl ca -batch -notext -in request -cert "$3.crt" -keyfile "$3-key.pem" -out "$1.crt" -extensions leaf \
            -startdate 20250101000000Z -enddate "${4:-20991231235959Z}" 2>/dev/null -config <(printf '%s\n' \
            '[ca]' default_ca=here '[here]' database=index new_certs_dir=. rand_serial=yes default_md=sha256 policy=any \
            '[any]' commonName=supplied '[leaf]' "subjectAltName=DNS:$2")
    }
    authority ca; authority other
    leaf server rsyslog.paynow.example ca
    leaf client guest.paynow.example ca
    leaf expired guest.paynow.example ca 20250201000000Z
    leaf unnamed somebody.paynow.example ca
    leaf stranger guest.paynow.example other
    cd ..
    # probe HOSTNAME CA CLIENT
    probe() {
        plain_contract "$1" "pki/$2.crt" "pki/$3.crt" "pki/$3-key.pem" > user-data
        boot --probe-logging --resolve "$1:6514:$(loopback)"
    }
"#;

#[test]
fn what_keeps_rsyslog_and_guest_apart_is_told_with_its_field() {
    let story = Story::new();
    let outcome = story.sh(&format!(
        "{PKI}
         log_server \"$pki\"
         probe rsyslog.paynow.example other client; echo \"exit $?\"
         probe rsyslog.paynow.example ca expired
         probe log.paynow.example ca client
         probe rsyslog.paynow.example ca stranger
         probe rsyslog.paynow.example ca unnamed
         cat pki/received > received || true"
    ));
    let text = outcome.text();
    assert!(text.contains("exit 4\n"), "{outcome:?}");
    let found: Vec<_> = text.lines().filter(|line| line.starts_with("[ unknown ]")).collect();
    let expected = [
        ("server", "no trusted authority issued"),
        ("cert", "the server refused the client certificate `CN=guest.paynow.example`, which expired on"),
        (
            "hostname",
            "the server's certificate is for `rsyslog.paynow.example`, not for `log.paynow.example`",
        ),
        ("cert", "which no authority in `server` signed"),
        ("cert", "the server refused the client certificate `CN=somebody.paynow.example`"),
    ];
    assert_eq!(found.len(), expected.len(), "{outcome:?}");
    for (line, (field, words)) in found.into_iter().zip(expected) {
        assert!(
            line.contains(&format!("`logging.syslog.{field}`")) && line.contains(words),
            "{line}: {outcome:?}"
        );
    }
    // rsyslog's own complaints may stand there
    let received = String::from_utf8(story.read("received")).unwrap();
    assert!(!received.contains("contract rehearsal"), "taken from a client that is refused: {received}");
    assert!(!format!("{text}{}", outcome.stderr).contains("PRIVATE KEY"), "{outcome:?}");
}

/// The system's authorities, which OpenSSL lets `SSL_CERT_FILE` name, and nothing sent.
#[test]
fn a_log_router_is_found_by_the_system_s_authorities_and_gets_nothing() {
    let story = Story::new();
    let outcome = story.sh(&format!(
        "{PKI}
         printf 'workload: |\\n  type: workload\\n  play:\\n    resources: []\\nenv: |\\n  type: env\\n  logging:\\n' > user-data
         printf '    logRouter:\\n      hostname: rsyslog.paynow.example\\n      port: 6514\\n' >> user-data
         printf '      iamApiKey: canary-of-the-api-key\\n' >> user-data
         (cd pki; sleep 9 2> /dev/null | openssl s_server -accept \"$(loopback):6514\" -naccept 2 -quiet \
             -cert server.crt -key server-key.pem > received 2> /dev/null) &
         until (: < \"/dev/tcp/$(loopback)/6514\") 2> /dev/null; do sleep 0.1; done
         SSL_CERT_FILE=pki/ca.crt boot --probe-logging --resolve \"rsyslog.paynow.example:6514:$(loopback)\"
         echo \"received: $(cat pki/received)\"
         boot --probe-logging --resolve \"rsyslog.paynow.example:6514:$(loopback)\""
    ));
    let text = outcome.text();
    assert!(
        text.contains("[   ok    ] logging     `rsyslog.paynow.example:6514` answers over TLSv1.3"),
        "{outcome:?}"
    );
    assert!(text.contains("received: \n"), "{outcome:?}");
    assert!(!format!("{text}{}", outcome.stderr).contains("canary"), "{outcome:?}");
}
