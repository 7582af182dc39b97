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
    an_interface_that_no_guest_has {
        given: "network_config '/enc8/s//eth0/'",
        run: "make_with_network_config",
        exit: 3, says: [
            "error: network-config:4: network.ethernets.eth0: not the name of a guest's interface",
            "name it after its device number: `enc1`",
        ],
    }
    a_dhcp4_that_is_no_boolean {
        given: "network_config '/dhcp4/s/false/no/'",
        run: "make_with_network_config",
        exit: 3, says: "network-config:5: network.ethernets.enc8.dhcp4: expected `true` or `false`, found a string",
    }
    an_address_without_a_prefix {
        given: "network_config 's,21/24,21,'",
        run: "make_with_network_config",
        exit: 3, says: "network-config:6: network.ethernets.enc8.addresses[0]: not an IPv4 address with the length",
    }
    a_gateway_in_another_network {
        given: "network_config 's/gateway4: 192.0.2/gateway4: 192.0.3/'",
        run: "make_with_network_config",
        exit: 3, says: "192.0.3.1 is outside of the interface's network, `192.0.2.0/24`",
    }
    static_addresses_and_dhcp_on_one_interface {
        given: "network_config '/dhcp4/s/false/true/'",
        run: "make_with_network_config",
        exit: 3, says: "`addresses` and `dhcp4: true` exclude each other",
    }
    a_name_server_by_name {
        given: "network_config 's/192.0.2.53/dns.example/'",
        run: "make_with_network_config",
        exit: 3, says: "not an IP address: a name would need a name server",
    }
    netplan_of_version_1 {
        given: "network_config '/version/s/2/1/'",
        run: "make_with_network_config",
        exit: 3, says: "network-config:2: network.version: netplan reads version 2 only",
    }
    a_network_config_with_an_interface_twice {
        given: "network_config '/ethernets/a\\    enc8: {dhcp4: true}'",
        run: "make_with_network_config",
        exit: 3, says: "network-config:5: duplicate key: first on line 4",
    }
    a_network_config_that_is_user_data {
        given: "true",
        run: "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY --network-config user-data",
        exit: 3, says: "user-data:1: network: `network` is missing",
    }
    a_network_config_of_two_mebibytes {
        given: "head -c 2097152 /dev/zero | tr '\\0' '#' > network-config",
        run: "make_with_network_config",
        exit: 3, says: "`network-config`",
    }
    a_medium_over_its_own_network_config {
        given: "network_config ''",
        run: "make_with_network_config -o network-config --force",
        exit: 2, says: "is read by this command",
    }
    a_wrong_network_config_on_the_medium_of_another_tool {
        given: "network_config '/enc8/s//eth0/'; touch meta-data vendor-data
                genisoimage -quiet -volid cidata -joliet -rock -output ciiso.iso user-data meta-data vendor-data network-config",
        run: "guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY",
        exit: 4, says: ["network: network-config:4: network.ethernets.eth0: not the name", "no source states what its console would show"],
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
        exit: 4, says: "HPL01000E",
    }
}
