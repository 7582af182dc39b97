//! The signer's own `allowed_signers`, written carelessly: what cannot be read grants nothing, and is said.

use super::{SIGN, cases};

cases! {
    a_certificate_authority_line {
        given: "ssh-keygen -q -t ed25519 -N '' -f ca; ssh-keygen -q -s ca -I alice -n alice@example.com workload-provider/id_ed25519.pub
                sed -i /^alice/d contract-signer/allowed_signers
                echo \"*@example.com cert-authority,namespaces=\\\"hpcr-workload\\\" $(cat ca.pub)\" >> contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["warning: contract-signer/allowed_signers:2: passed over: `cert-authority`", "nobody allowed: the key", "contract-signer trust add"],
    }
    the_authoritys_own_key {
        given: "ssh-keygen -q -t ed25519 -N '' -f ca
                echo \"*@example.com cert-authority,namespaces=\\\"hpcr-workload\\\" $(cat ca.pub)\" >> contract-signer/allowed_signers
                workload-provider encrypt workload-provider --vouch-with ca -o workload.handoff --force",
        run: SIGN,
        exit: 4, says: ["nobody allowed: the key"],
    }
    an_allowed_signers_file_with_a_bad_line {
        given: "echo 'carol namespaces=hpcr-env ssh-ed25519 AAAA' >> contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["contract-signer/allowed_signers:3: damaged options"],
    }
    an_allowed_signers_file_with_an_option_that_nobody_knows {
        given: "sed -i 's/ namespaces=/ namespace=/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["allowed_signers:1: unknown option `namespace`", "allowed_signers:2: unknown option `namespace`"],
    }
    a_line_whose_principals_are_nobody {
        given: "sed -i 's/^bob@example.com/!bob@example.com/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["`!bob@example.com` can be no principal"],
    }
    an_empty_allowed_signers_file {
        given: ": > contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["nobody is allowed to vouch", "`contract-signer trust add PRINCIPAL KEY.pub --workload`"],
    }
    no_allowed_signers_file {
        given: "rm contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["nobody is allowed to vouch", "`contract-signer trust add PRINCIPAL KEY.pub --workload`"],
    }
    an_allowed_signers_file_that_nobody_may_read {
        given: "cp $(command -v contract-signer) tmp; chmod 755 .; chmod 0 contract-signer/allowed_signers; chmod a+r $SIGNING_KEY; mkdir -m 777 out",
        run: "as_nobody tmp/contract-signer sign --workload workload.handoff --env env.handoff $SIGNER -o out/new",
        exit: 1, says: ["contract-signer/allowed_signers", "permission denied"],
    }
    an_allowed_signers_file_that_is_a_folder {
        given: "rm contract-signer/allowed_signers; mkdir contract-signer/allowed_signers",
        run: SIGN,
        exit: 1, says: ["contract-signer/allowed_signers"],
    }
    an_allowed_signers_file_with_a_private_key_in_it {
        given: "cat workload-provider/id_ed25519 >> contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["contract-signer/allowed_signers:3:"],
    }
}
