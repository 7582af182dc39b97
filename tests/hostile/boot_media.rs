//! User data that should start no guest, and media that none starts from.

use super::cases;

cases! {
    user_data_of_another_signer_on_a_medium {
        given: "openssl genrsa 2048 | openssl rsa -pubout > other.pem",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key other.pem",
        exit: 4, says: "cannot verify `user-data`: the signature does not verify",
    }
    user_data_of_another_signer_than_the_folder_names {
        given: "openssl genrsa 2048 | openssl rsa -pubout > env-deployer/other.pem
                echo 'signing-key: other.pem' >> env-deployer/persona.yaml",
        run: "cd env-deployer && env-deployer boot-media ../user-data --hostname paynow",
        exit: 4, says: "cannot verify `../user-data`: the signature does not verify",
    }
    unsigned_user_data_on_a_medium {
        given: "edit /^envWorkloadSignature/d user-data",
        run: "env-deployer boot-media user-data --hostname paynow",
        exit: 4, says: "--danger-accept-unsigned",
    }
    plain_sections_on_a_medium {
        given: r"open_token env.token > section
                 { grep ^workload user-data; echo 'env: |'; sed 's/^/  /' section; grep ^envW user-data; } > plain
                 rm section",
        run: "env-deployer boot-media plain --hostname paynow",
        exit: 4, says: "the `env` section is not encrypted",
    }
    a_damaged_token_on_a_medium {
        given: "edit '1s/hyper-protect-basic.A*/hyper-protect-basic./; 1s/.$//' user-data",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY",
        exit: 3, says: "cannot read `user-data` as user data: `workload` is a damaged token",
    }
    no_user_data_on_a_medium {
        given: "mv user-data other",
        run: "env-deployer boot-media user-data --hostname paynow",
        exit: 1, says: "cannot read `user-data`: no such file",
    }
    a_handoff_on_a_medium {
        given: "true",
        run: "env-deployer boot-media env.handoff --hostname paynow",
        exit: 3, says: "as user data",
    }
    a_host_name_with_an_underscore {
        given: "true",
        run: "env-deployer boot-media user-data --hostname student_03",
        exit: 3, says: "`_` is not allowed in a host name",
    }
    a_host_name_that_is_an_address {
        given: "true",
        run: "env-deployer boot-media user-data --hostname 192.168.22.80",
        exit: 3, says: "its last part `80` is a number",
    }
    a_host_name_of_two_lines {
        given: "true",
        run: "env-deployer boot-media user-data --hostname $'paynow\nseedfrom: http://example.com/'",
        exit: 3, says: "is not allowed in a host name",
    }
    no_host_name {
        given: "true",
        run: "env-deployer boot-media user-data",
        exit: 2, says: "--hostname <NAME>",
    }
    a_medium_that_is_there_already {
        given: "echo precious > ciiso.iso",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY",
        exit: 1, says: "already exists",
    }
    a_medium_over_its_own_user_data {
        given: "true",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o user-data --force",
        exit: 2, says: "is read by this command",
    }
    a_medium_and_json_on_one_stdout {
        given: "true",
        run: "env-deployer boot-media user-data --hostname paynow -o - --json",
        exit: 2, says: "both need standard output",
    }
    a_medium_on_a_full_disk {
        given: "true",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o /dev/full",
        exit: 1, says: "no space left",
    }
    a_medium_that_was_cut {
        given: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY; truncate -s 60000 ciiso.iso",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: "it is cut: the volume has",
    }
    a_medium_of_another_name {
        given: "touch meta-data vendor-data
                genisoimage -quiet -volid config-2 -joliet -rock -output ciiso.iso user-data meta-data vendor-data",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: "its volume id is `config-2`",
    }
    a_medium_with_short_names {
        given: "touch meta-data vendor-data
                genisoimage -quiet -volid cidata -output ciiso.iso user-data meta-data vendor-data 2>/dev/null",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: "-joliet -rock",
    }
    a_medium_without_vendor_data {
        given: "touch meta-data
                genisoimage -quiet -volid cidata -joliet -rock -output ciiso.iso user-data meta-data",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: "it has no `vendor-data` under Rock Ridge names",
    }
    a_medium_with_a_link_for_user_data {
        given: "mkdir disc; cp user-data disc/real; touch disc/meta-data disc/vendor-data; ln -s real disc/user-data
                genisoimage -quiet -volid cidata -joliet -rock -output ciiso.iso disc 2>/dev/null",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: "`user-data` is a symbolic link",
    }
    a_medium_with_user_data_that_hold_no_env {
        given: r"mkdir disc; touch disc/meta-data disc/vendor-data; edit '2s/^env: .*/env: x/' user-data; mv user-data disc
                genisoimage -quiet -volid cidata -joliet -rock -output ciiso.iso disc",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: "HPL01001E",
    }
}
