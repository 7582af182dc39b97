//! Files named with `--luks` that hold, or are, something else.

use super::cases;

cases! {
    a_disk_that_is_a_folder {
        given: "mkdir disk",
        run: "boot --luks disk",
        exit: 1, says: "`disk` as a disk: it is a folder",
    }
    a_disk_that_is_a_pipe {
        given: "mkfifo disk",
        run: "boot --luks disk",
        exit: 1, says: "neither a file nor a folder",
    }
    a_disk_that_is_a_device {
        given: ":",
        run: "boot --luks /dev/null",
        exit: 1, says: "a rehearsal never uses a device",
    }
    a_disk_that_is_a_link_to_nowhere {
        given: "ln -s absent disk",
        run: "boot --luks disk",
        exit: 1, says: "a broken symbolic link",
    }
    a_disk_that_is_a_link_to_itself {
        given: "ln -s disk disk",
        run: "boot --luks disk",
        exit: 1, says: "disk",
    }
    a_disk_that_is_empty_behind_a_link {
        given: ": > empty; ln -s empty disk",
        run: "boot --luks disk",
        exit: 1, says: "a symbolic link",
    }
    a_disk_in_a_folder_that_is_not_there {
        given: ":",
        run: "boot --luks absent/disk",
        exit: 1, says: "absent/disk",
    }
    a_disk_on_standard_output {
        given: ":",
        run: "boot --luks -",
        exit: 2, says: "cannot use `-` as a disk",
    }
    a_disk_that_is_the_contract {
        given: ":",
        run: "boot --luks user-data",
        exit: 3, says: "its content is not LUKS2; nothing was changed",
    }
    a_disk_with_one_byte_at_its_very_end {
        given: "truncate -s 64M disk; printf x >> disk",
        run: "boot --luks disk",
        exit: 3, says: "its content is not LUKS2; nothing was changed",
    }
    a_disk_with_a_file_system {
        given: "head -c 20M /dev/urandom > disk",
        run: "boot --luks disk",
        exit: 3, says: "its content is not LUKS2; nothing was changed",
    }
    a_disk_that_is_too_small {
        given: "truncate -s 16M disk",
        run: "boot --luks disk",
        exit: 3, says: "smaller than the 17825792 bytes",
    }
    a_disk_of_luks1 {
        given: "PATH=$PATH:/usr/sbin:/sbin; truncate -s 20M disk
                printf secret | cryptsetup luksFormat --type luks1 --batch-mode --pbkdf-force-iterations 1000 --key-file - disk",
        run: "boot --luks disk",
        exit: 3, says: "it is LUKS1",
    }
    a_disk_that_was_cut_short {
        given: "boot --luks disk; truncate -s 15M disk",
        run: "boot --luks disk",
        exit: 3, says: "its LUKS header is damaged, or it is cut short; nothing was changed",
    }
    a_disk_whose_headers_are_both_damaged {
        given: "boot --luks disk; for at in 0 16384; do printf damage | dd of=disk bs=1 seek=$((at + 100)) conv=notrunc; done",
        run: "boot --luks disk",
        exit: 3, says: "its LUKS header is damaged, or it is cut short; nothing was changed",
    }
    a_disk_that_nobody_may_read {
        given: "boot --luks disk; chmod 0 disk; chmod 755 .; chmod 644 guest/guest-key.pem",
        run: "as_nobody guest-rehearsal boot user-data --guest-key $GUEST_KEY --luks disk",
        exit: 1, says: "disk",
    }
    a_disk_that_nobody_may_write_when_a_seed_was_rolled {
        given: r#"boot --luks disk; chmod 755 .; chmod 444 disk; chmod 644 guest/guest-key.pem
                  edit 's/^( *)seed:.*/\1seed: "canary-of-the-new-env-seed"\n\1previousSeed: "canary-of-the-env-seed"/' \
                      env-deployer/env.yaml
                  env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --force
                  sign -o user-data --force; chmod 644 user-data"#,
        run: "as_nobody guest-rehearsal boot user-data --guest-key $GUEST_KEY --luks disk",
        exit: 1, says: "cannot add a passphrase to `disk`",
    }
    two_disks_for_one_volume {
        given: ":",
        run: "boot --luks data=disk --luks data=other",
        exit: 2, says: "two disks for `data`",
    }
    an_order_of_seeds_for_no_disk {
        given: ":",
        run: "boot --seed-order workload-first",
        exit: 2, says: "--luks",
    }
    an_order_of_seeds_that_is_none {
        given: ":",
        run: "boot --luks disk --seed-order kms-first",
        exit: 2, says: "kms-first",
    }
}
