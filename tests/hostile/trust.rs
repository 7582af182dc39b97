//! Who may vouch: keys and lines that must not get into `allowed_signers`, and files of lines that nobody can read.

use super::cases;

/// Alice vouches for the workload section, with the key in `alice` and `alice.pub`.
const ALICE: &str = "ssh-keygen -q -t ed25519 -N '' -C alice -f alice
    contract-signer trust add alice@example.com alice.pub --workload";
const ALICE_AND_ANOTHER: &str = "for k in alice bob; do ssh-keygen -q -t ed25519 -N '' -C $k -f $k; done
    contract-signer trust add alice@example.com alice.pub --workload";
const NEW_KEY: &str = "ssh-keygen -q -t ed25519 -N '' -C alice -f alice";

cases! {
    one_key_for_both_halves {
        given: ALICE,
        run: "contract-signer trust add bob@example.com alice.pub --env",
        exit: 4, says: "the key may already vouch for the workload section, as `alice@example.com` on line 1",
    }
    one_key_where_a_line_allows_everything {
        given: "ssh-keygen -q -t ed25519 -N '' -f k; echo \"git $(cat k.pub)\" > allowed_signers",
        run: "contract-signer trust add bob@example.com k.pub --env",
        exit: 4, says: "the key may already vouch for the workload section, as `git`",
    }
    one_key_twice {
        given: ALICE,
        run: "contract-signer trust add carol@example.com alice.pub --workload",
        exit: 3, says: "already there, as `alice@example.com` on line 1 of `allowed_signers`",
    }
    the_private_key_by_mistake {
        given: ALICE,
        run: "contract-signer trust add alice@example.com alice --workload",
        exit: 3, says: "a private key, where its public half is expected",
    }
    a_private_key_in_the_file {
        given: "ssh-keygen -q -t ed25519 -N '' -f k; cp k allowed_signers",
        run: "contract-signer trust list",
        exit: 3, says: "allowed_signers:1:",
    }
    a_name_that_is_a_pattern {
        given: NEW_KEY,
        run: "contract-signer trust add '*' alice.pub --workload",
        exit: 3, says: "can be no principal",
    }
    two_names_at_once {
        given: NEW_KEY,
        run: "contract-signer trust add alice,bob alice.pub --workload",
        exit: 3, says: "can be no principal",
    }
    a_name_that_begins_another_line {
        given: NEW_KEY,
        run: "contract-signer trust add $'alice\\nbob' alice.pub --workload",
        exit: 3, says: "`alice\\nbob` can be no principal",
    }
    a_comment_that_begins_another_line {
        given: NEW_KEY,
        run: "contract-signer trust add alice alice.pub --workload --comment $'x\\n* ssh-ed25519 AAAA'",
        exit: 3, says: "a comment of one line",
    }
    a_name_with_an_invisible_character {
        given: NEW_KEY,
        run: "contract-signer trust add $'al\\xe2\\x80\\x8bice@example.com' alice.pub --workload",
        exit: 3, says: "`al\\u{200b}ice@example.com` can be no principal: the character U+200B in it is not visible",
    }
    a_name_of_two_scripts {
        given: NEW_KEY,
        run: "contract-signer trust add $'\\xd0\\xb0lice@example.com' alice.pub --workload",
        exit: 3, says: "mixes letters of several scripts",
    }
    a_name_in_another_normal_form {
        given: NEW_KEY,
        run: "contract-signer trust add $'ju\\xcc\\x88rgen@firma.example' alice.pub --workload",
        exit: 3, says: "hint: write `jürgen@firma.example`",
    }
    a_name_that_differs_by_case {
        given: ALICE_AND_ANOTHER,
        run: "contract-signer trust add Alice@Example.com bob.pub --env",
        exit: 3, says: "`Alice@Example.com` could be mistaken for `alice@example.com`, on line 1 of `allowed_signers`",
    }
    a_name_that_differs_by_a_dot {
        given: ALICE_AND_ANOTHER,
        run: "contract-signer trust add alice@example.com. bob.pub --workload",
        exit: 3, says: "hint: for the same person, write `alice@example.com`",
    }
    a_name_that_looks_like_one_in_a_list {
        given: "ssh-keygen -q -t ed25519 -N '' -f k; echo \"carol,kizi@example.com $(cat k.pub)\" > allowed_signers
            ssh-keygen -q -t ed25519 -N '' -f o",
        run: "contract-signer trust add kızı@example.com o.pub --env",
        exit: 3, says: "could be mistaken for `kizi@example.com`",
    }
    a_key_that_is_never_valid {
        given: NEW_KEY,
        run: "contract-signer trust add alice alice.pub --workload --valid-after 20270101Z --valid-before 20261231Z",
        exit: 3, says: "`valid-before` is not later",
    }
    a_time_that_is_none {
        given: NEW_KEY,
        run: "contract-signer trust add alice alice.pub --workload --valid-before tomorrow",
        exit: 2, says: "20371231Z",
    }
    neither_half {
        given: NEW_KEY,
        run: "contract-signer trust add alice alice.pub",
        exit: 2, says: "--workload|--env",
    }
    an_rsa_key_of_1024_bits {
        given: "openssl genrsa -traditional -out k 1024; chmod 600 k; ssh-keygen -y -f k > k.pub",
        run: "contract-signer trust add alice k.pub --workload",
        exit: 3, says: "an RSA key of 1024 bits",
    }
    an_ssh_certificate {
        given: "ssh-keygen -q -t ed25519 -N '' -f ca; ssh-keygen -q -t ed25519 -N '' -f k; ssh-keygen -q -s ca -I a k.pub",
        run: "contract-signer trust add alice k-cert.pub --workload",
        exit: 3, says: "an SSH certificate (`ssh-ed25519-cert-v01@openssh.com`)",
    }
    the_contracts_signing_key_by_mistake {
        given: "",
        run: "contract-signer trust add alice $PUBLIC_KEY --workload",
        exit: 3, says: "public key",
    }
    two_keys_in_one_file {
        given: "ssh-keygen -q -t ed25519 -N '' -f k; cat k.pub k.pub > two.pub",
        run: "contract-signer trust add alice two.pub --workload",
        exit: 3, says: "2 lines",
    }
    a_key_with_escapes_in_its_comment {
        given: "ssh-keygen -q -t ed25519 -N '' -C x -f k; sed -i $'s/x$/\\e[2J/' k.pub; cp k.pub allowed_signers",
        run: "contract-signer trust add alice k.pub --workload",
        exit: 3, says: "allowed_signers:1:",
    }
    a_bad_line_before_the_new_one {
        given: "ssh-keygen -q -t ed25519 -N '' -C alice -f alice; printf '# ours\\nbob namespaces=file ssh-ed25519 AAAA\\n' > allowed_signers",
        run: "contract-signer trust add alice alice.pub --workload",
        exit: 3, says: "allowed_signers:2: damaged options",
    }
    every_bad_line_is_told {
        given: "printf 'a\\n\\nb c d\\n' > allowed_signers",
        run: "contract-signer trust list",
        exit: 3, says: "allowed_signers:3: unknown option `c`",
    }
    no_allowed_signers {
        given: "rm contract-signer/allowed_signers",
        run: "contract-signer trust list -C contract-signer",
        exit: 1, says: "contract-signer/allowed_signers",
    }
    allowed_signers_of_two_gigabytes {
        given: "truncate -s 2G allowed_signers",
        run: "ulimit -v 1000000; contract-signer trust list",
        exit: 3, says: "larger than the limit",
    }
    allowed_signers_that_are_a_link {
        given: "ssh-keygen -q -t ed25519 -N '' -f k; : > elsewhere; ln -s elsewhere allowed_signers",
        run: "contract-signer trust add alice k.pub --workload",
        exit: 1, says: "a symbolic link",
    }
}
