//! Seed vaults and age identities that are not what is due.

use super::cases;

cases! {
    no_vault_yet {
        given: "age-keygen -o workload-provider/identity.age",
        run: "seed roll data",
        exit: 1, says: "there is no vault `workload-provider/seeds.age`",
    }
    no_vault_to_list {
        given: "",
        run: "seed list",
        exit: 1, says: "restore it",
    }
    no_identity {
        given: "vault; rm workload-provider/identity.age",
        run: "seed list",
        exit: 5, says: "age-keygen -o workload-provider/identity.age",
    }
    somebody_elses_vault {
        given: "vault; rm workload-provider/identity.age; age-keygen -o workload-provider/identity.age",
        run: "seed roll data",
        exit: 5, says: "none of the identities opens it",
    }
    the_other_personas_vault {
        given: "vault; cp workload-provider/{identity,seeds}.age env-deployer",
        run: "env-deployer seed list -C env-deployer",
        exit: 3, says: "it is the vault of the workload section",
    }
    a_vault_that_is_empty {
        given: "vault; : > workload-provider/seeds.age",
        run: "seed list",
        exit: 3, says: "no age file",
    }
    a_vault_that_is_cut {
        given: "vault; truncate -s -80 workload-provider/seeds.age",
        run: "seed roll data",
        exit: 3, says: "damaged or cut short",
    }
    a_vault_without_its_last_line {
        given: "vault; sed -i '$d' workload-provider/seeds.age",
        run: "seed list",
        exit: 3, says: "damaged or cut short",
    }
    a_vault_with_one_character_changed {
        given: "vault; edit '10s/^(...)(.)/\\1$/' workload-provider/seeds.age || edit '10s/^(...)A/\\1B/' workload-provider/seeds.age",
        run: "seed list",
        exit: 3, says: "damaged or cut short",
    }
    a_vault_of_two_gigabytes {
        given: "vault; truncate -s 2G workload-provider/seeds.age",
        run: "ulimit -v 1000000; seed list",
        exit: 3, says: "larger than the limit",
    }
    a_vault_that_holds_something_else {
        given: "vault; echo 'canary: x' | age -r $(recipient workload-provider/identity.age) > workload-provider/seeds.age",
        run: "seed list",
        exit: 3, says: "it opens, but is no vault: line 1",
    }
    a_vault_with_a_field_of_a_later_version {
        given: "vault; cd workload-provider; age -d -i identity.age seeds.age | sed '$a\\    notes: x' > text
                age -r $(recipient identity.age) -o seeds.age text; rm text",
        run: "seed roll data",
        exit: 3, says: "unknown field",
    }
    a_volume_that_has_a_seed {
        given: "vault",
        run: "seed add data",
        exit: 3, says: "has a seed already",
    }
    a_volume_that_is_rolling {
        given: "vault; seed roll data",
        run: "seed roll data",
        exit: 3, says: "`workload-provider seed settle data -C workload-provider`",
    }
    a_volume_that_is_not_rolling {
        given: "vault",
        run: "seed settle data",
        exit: 3, says: "not rolling",
    }
    a_volume_that_is_not_there {
        given: "vault",
        run: "seed roll dat",
        exit: 3, says: "no seed of a volume `dat`",
    }
    a_name_that_no_volume_has {
        given: "vault",
        run: "seed add 'Data 1'",
        exit: 3, says: "no name for a volume",
    }
    no_volume_is_named_and_there_are_two {
        given: "vault; printf '  other:\\n    seed: x\\n' >> workload-provider/workload.yaml",
        run: "seed roll",
        exit: 2, says: "has several: data, other",
    }
    no_volume_is_named_and_each_has_a_seed {
        given: "vault",
        run: "seed add",
        exit: 2, says: "none that fits",
    }
    a_recipient_that_is_none {
        given: "vault; recipients age1x",
        run: "seed rekey",
        exit: 3, says: "`age1x` is no recipient",
    }
    a_recipient_that_is_an_identity {
        given: "vault; recipients $(tail -n 1 workload-provider/identity.age)",
        run: "seed rekey",
        exit: 3, says: "an identity",
    }
    recipients_without_ones_own_identity {
        given: "vault; age-keygen -o escrow; recipients $(recipient escrow)",
        run: "seed rekey",
        exit: 3, says: "--danger-lock-me-out",
    }
    a_first_vault_without_ones_own_identity {
        given: "vault; rm workload-provider/seeds.age; age-keygen -o escrow; recipients $(recipient escrow)",
        run: "seed add data",
        exit: 3, says: "you could not open it again",
    }
    a_passphrase_beside_recipients {
        given: "vault; recipients passphrase $(recipient workload-provider/identity.age)",
        run: "seed rekey",
        exit: 3, says: "`passphrase` is named with",
    }
    a_plugin_that_is_not_there {
        given: "vault; recipients age1story1wfjkx6tsd9jkuaqjdhj5z",
        run: "seed rekey",
        exit: 5, says: "there is no `age-plugin-story` in PATH",
    }
    an_ssh_key {
        given: "vault; recipients \"'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKw3PjQMDxA'\"",
        run: "seed rekey",
        exit: 3, says: "SSH keys are not supported for encryption",
    }
    a_wrong_passphrase_for_the_identity {
        given: "vault; echo 'the right one' > right; echo wrong > wrong; workload-provider init new --platform hpvs --protect-identity --passphrase-file right
                mv new/identity.age workload-provider",
        run: "seed list --passphrase-file wrong",
        exit: 5, says: "the passphrase of the identity `workload-provider/identity.age` is wrong",
    }
    no_passphrase_for_the_identity_and_no_terminal {
        given: "vault; echo 'the right one' > right; workload-provider init new --platform hpvs --protect-identity --passphrase-file right
                mv new/identity.age workload-provider",
        run: "setsid -w workload-provider seed list -C workload-provider",
        exit: 5, says: "--passphrase-file",
    }
    an_identity_with_something_else_in_it {
        given: "vault; echo canary >> workload-provider/identity.age",
        run: "seed list",
        exit: 3, says: "line 4 is neither an identity nor a comment",
    }
    no_terminal_to_type_a_seed {
        given: "vault",
        run: "setsid -w workload-provider seed import other -C workload-provider",
        exit: 5, says: "--from FILE",
    }
    a_seed_for_a_volume_that_has_one {
        given: "vault; echo 0123456789abcdef > given",
        run: "seed import data --from given",
        exit: 3, says: "has a seed already",
    }
    a_vault_behind_a_link {
        given: "vault; cd workload-provider; mv seeds.age kept.age; ln -s kept.age seeds.age",
        run: "seed roll data",
        exit: 1, says: "a symbolic link",
    }
    recipients_that_became_others {
        given: "vault; age-keygen -o escrow; recipients $(recipient workload-provider/identity.age) $(recipient escrow)",
        run: "seed roll data",
        exit: 3, says: "`workload-provider seed rekey -C workload-provider`",
    }
    recipients_that_got_lost {
        given: "vault; age-keygen -o escrow; recipients $(recipient workload-provider/identity.age) $(recipient escrow)
                seed rekey; edit '/^seeds:/d' workload-provider/persona.yaml",
        run: "seed roll data",
        exit: 3, says: "would drop age1",
    }
    a_pipe_as_vault {
        given: "vault; rm workload-provider/seeds.age; mkfifo workload-provider/seeds.age",
        run: "timeout 10 workload-provider seed roll data -C workload-provider",
        exit: 1, says: "it is no regular file",
    }
    a_pipe_as_lock {
        given: "vault; rm workload-provider/.seeds.age.lock; mkfifo workload-provider/.seeds.age.lock",
        run: "timeout 10 workload-provider seed roll data -C workload-provider",
        exit: 1, says: "`rm workload-provider/.seeds.age.lock`",
    }
    a_link_as_lock {
        given: "vault; rm workload-provider/.seeds.age.lock; ln -s elsewhere workload-provider/.seeds.age.lock",
        run: "seed roll data",
        exit: 1, says: "it is no regular file",
    }
    a_new_passphrase_from_where_the_old_one_is {
        given: "echo 'two words' > passphrase; recipients passphrase; seed add data --passphrase-file passphrase",
        run: "seed rekey --passphrase-file passphrase",
        exit: 2, says: "a new passphrase cannot come from where the old one comes from",
    }
    a_folder_of_the_vault_that_is_not_there {
        given: "vault; printf 'seeds: {vault: usb/seeds.age}\n' >> workload-provider/persona.yaml",
        run: "seed add data",
        exit: 1, says: "there is no folder `workload-provider/usb` for the vault",
    }
    a_literal_seed_beside_another_one_in_the_vault {
        given: "vault; grep -q '^    seed:' workload-provider/workload.yaml",
        run: "workload-provider encrypt workload-provider -o out.handoff",
        exit: 3, says: "the vault holds another one, of generation 1",
    }
}
