//! Tokens that are cut, flipped, swapped or weak.

use super::cases;

cases! {
    a_token_cut_in_its_third_part {
        given: "head -c 1000 workload.token > cut && mv cut workload.token",
        run: "contract-signer inspect workload.token",
        exit: 3, says: "third part",
    }
    a_token_cut_in_its_second_part {
        given: "head -c 300 workload.token > cut && mv cut workload.token",
        run: "contract-signer inspect workload.token",
        exit: 3, says: "token",
    }
    a_token_cut_in_its_prefix {
        given: "head -c 10 workload.token > cut && mv cut workload.token",
        run: "contract-signer inspect workload.token",
        exit: 3, says: "workload.token",
    }
    a_token_of_four_parts {
        given: "printf '.AAAA' >> workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "part",
    }
    a_token_whose_third_part_is_empty {
        given: "edit 's/[^.]*$//' workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "third part",
    }
    a_token_whose_second_part_is_empty {
        given: r"edit 's/\.[^.]*\./../' workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "0 bytes",
    }
    a_token_with_an_unknown_prefix {
        given: "edit 's/^hyper-protect-basic/hyper-protect-fancy/' workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "workload.token",
    }
    one_token_in_both_places {
        given: "cp workload.token env.token",
        run: "sign_tokens -o new",
        exit: 4, says: "are the same",
    }
    tokens_for_two_platforms {
        given: "workload-provider encrypt workload-provider --platform ccrt -o other.handoff --token other.token
                mv other.token workload.token",
        run: "sign_tokens -o new",
        exit: 4, says: "contract-basic",
    }
    a_wrapped_password_of_two_hundred_bytes {
        given: r#"short=$(head -c 200 /dev/urandom | base64 -w0); edit "s|\.[^.]*\.|.$short.|" workload.token"#,
        run: "sign_tokens -o new",
        exit: 3, says: "200",
    }
    a_ciphertext_without_its_salt_header {
        given: r#"part=$(head -c 160 /dev/zero | base64 -w0); edit "s|[^.]*\$|$part|" workload.token"#,
        run: "sign_tokens -o new",
        exit: 3, says: "Salted__",
    }
    a_ciphertext_that_is_no_multiple_of_a_block {
        given: r#"part=$(printf Salted__0123456701234567890 | base64 -w0); edit "s|[^.]*\$|$part|" workload.token"#,
        run: "sign_tokens -o new",
        exit: 3, says: "16",
    }
    a_token_with_a_line_break_inside {
        given: "fold -w 76 workload.token > folded && mv folded workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "white space",
    }
    a_token_in_the_url_alphabet {
        given: "edit 'y|+/|-_|' workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "base64",
    }
    a_token_whose_base64_has_stray_bits {
        given: r"edit 's/.=\.U2Fs/B=.U2Fs/' workload.token",
        run: "sign_tokens -o new",
        exit: 3, says: "second part",
    }
    a_flipped_wrapped_password_does_not_boot {
        given: "flip 2 workload.token; documented_contract workload.token env.token > user-data",
        run: "boot",
        exit: 4, says: "HPL11001E",
    }
    a_flipped_ciphertext_does_not_boot {
        given: "flip 3 env.token; documented_contract workload.token env.token > user-data",
        run: "boot",
        exit: 4, says: "HPL11001E",
    }
    a_flipped_ciphertext_does_not_verify {
        given: "value workload user-data > good; flip 3 good; edit \"s|^workload: .*|workload: $(cat good)|\" user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 4, says: "signature",
    }
    a_flipped_wrapped_password_does_not_verify {
        given: "value env user-data > good; flip 2 good; edit \"s|^env: .*|env: $(cat good)|\" user-data",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY",
        exit: 4, says: "signature",
    }
    swapped_tokens_do_not_boot {
        given: "documented_contract env.token workload.token > user-data",
        run: "boot",
        exit: 4, says: "HPL",
    }
    a_token_with_the_empty_password_is_refused {
        given: r"printf '\nBCDEFGHIJKLMNOPQRSTUVWXYZ012345' > password
                 documented_token workload-provider/workload.yaml password > workload.token",
        run: "sign_tokens -o new",
        exit: 4, says: "empty password",
    }
    a_token_of_one_block_with_the_empty_password_is_found {
        given: r"printf '\nBCDEFGHIJKLMNOPQRSTUVWXYZ012345' > password; printf 'type: env' > short
                 documented_token short password > weak.token",
        run: "contract-signer inspect weak.token",
        exit: 4, says: "empty password",
    }
    a_token_whose_first_block_cuts_a_character_is_found {
        given: r"printf '\nBCDEFGHIJKLMNOPQRSTUVWXYZ012345' > password; printf '# 2345678901234\303\251 and more than two blocks' > text
                 documented_token text password > weak.token",
        run: "contract-signer inspect weak.token",
        exit: 4, says: "empty password",
    }
    a_token_with_a_password_of_one_byte_is_refused {
        given: r"printf 'A\nCDEFGHIJKLMNOPQRSTUVWXYZ012345' > password
                 documented_token workload-provider/workload.yaml password > env.token",
        run: "sign_tokens -o new",
        exit: 4, says: "one byte",
    }
    a_token_with_the_empty_password_in_a_handoff_is_refused {
        given: r#"printf '\nBCDEFGHIJKLMNOPQRSTUVWXYZ012345' > password
                  unpack workload.handoff
                  documented_token workload-provider/workload.yaml password > weak
                  was=$(sha256sum < handoff/token | cut -d' ' -f1) is=$(sha256sum < weak | cut -d' ' -f1)
                  mv weak handoff/token && edit "s/$was/$is/" handoff/statement.json
                  revouch workload.handoff"#,
        run: "sign -o new",
        exit: 4, says: "empty password",
    }
}

#[test]
fn inspect_names_a_weak_token() {
    let story = story_tests::Story::new();
    for (password, says) in [("\\n23", "empty password"), ("A\\n3", "one byte")] {
        story.does(&format!(
            "printf '{password}' > password; documented_token workload-provider/workload.yaml password > weak.token"
        ));
        let outcome = story.sh("contract-signer inspect weak.token");
        let said = format!("{}{}", outcome.text(), outcome.stderr);
        assert!(said.contains(says), "{said}");
    }
}
