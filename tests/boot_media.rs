//! The boot medium, judged by those who read it: isoinfo, xorriso, blkid, Linux, cloud-init; and media that other tools
//! made, read by the rehearsal.

use story_tests::{Outcome, Story};

/// `blkid` is not in the path of everybody; our own `python3` may not be the one that has Debian's modules.
const WORDS: &str = "PATH=$PATH:/usr/sbin:/sbin
    make() { env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY \"$@\"; }
    boot_iso() { guest-rehearsal boot \"$@\" --guest-key $GUEST_KEY; }
    by_hand() { printf 'local-hostname: paynow\\n' > meta-data; printf '#cloud-config\\nusers:\\n- default\\n' > vendor-data; }
    files='user-data meta-data vendor-data'\n";

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{WORDS}{script}"))
}

fn made() -> Story {
    let story = Story::signed();
    does(&story, "make; by_hand");
    story
}

/// From anywhere: the folder's own signing key, and no other's.
#[test]
fn the_signing_key_is_the_named_folder_s() {
    let story = Story::signed();
    let make = "env-deployer boot-media ../user-data --hostname paynow -C ../env-deployer";
    let outcome = story.sh(&format!(
        "cp $PUBLIC_KEY env-deployer/key.pem; echo 'signing-key: key.pem' >> env-deployer/persona.yaml
         mkdir here; cd here; {make}"
    ));
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("verified `../user-data`: signed with key sha256:"), "{outcome:?}");
    let other =
        "openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -out env-deployer/key.pem 2> /dev/null";
    let outcome = story.sh(&format!("{other}; cd here; {make} -o other.iso"));
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(!story.path("here/other.iso").exists());
}

#[test]
fn isoinfo_finds_the_same_files_in_both_trees() {
    let story = made();
    for tree in ["-R", "-J"] {
        let names = does(&story, &format!("isoinfo {tree} -f -i ciiso.iso | sort"));
        assert_eq!(names, "/meta-data\n/user-data\n/vendor-data\n", "{tree}");
        does(
            &story,
            &format!("for file in $files; do isoinfo {tree} -i ciiso.iso -x /$file | cmp - $file; done"),
        );
    }
    let facts = does(&story, "isoinfo -d -i ciiso.iso");
    for fact in
        ["Volume id: cidata", "Joliet with UCS level 3 found", "Rock Ridge signatures version 1 found"]
    {
        assert!(facts.contains(fact), "{facts}");
    }
}

#[test]
fn xorriso_finds_the_same_files_and_has_nothing_to_complain_about() {
    let story = made();
    for (tree, by) in [("", "Rock_Ridge"), ("-read_fs norock", "Joliet")] {
        let listed = does(&story, &format!("xorriso {tree} -indev ciiso.iso -toc -find / 2>&1"));
        assert!(listed.contains(&format!("ISO loaded   : {by}")), "{listed}");
        assert!(listed.contains("'/meta-data'\n'/user-data'\n'/vendor-data'"), "{listed}");
        for word in ["WARNING", "SORRY", "FAILURE", "DEBUG"] {
            assert!(!listed.contains(word), "{listed}");
        }
        does(
            &story,
            &format!(
                "xorriso {tree} -indev ciiso.iso -osirrox on -extract / out 2>/dev/null
                 for file in $files; do cmp out/$file $file; done; chmod -R u+w out; rm -r out"
            ),
        );
    }
}

const NETWORK_CONFIG: &str = "\
# by hand
network:
  version: 2
  ethernets:
    enc8:
      dhcp4: false
      addresses: [192.0.2.21/24]
      gateway4: 192.0.2.1
      nameservers: {addresses: [192.0.2.53]}
";

/// With all four files.
fn made_with_network_config() -> Story {
    let story = Story::signed();
    story.write("network-config", NETWORK_CONFIG);
    let outcome = sh(&story, "make --network-config network-config; by_hand");
    assert!(outcome.stderr.contains("for a guest named `paynow`, enc8 192.0.2.21/24\n"), "{outcome:?}");
    assert!(!outcome.stderr.contains("warning"), "{outcome:?}");
    story
}

#[test]
fn a_network_config_is_the_fourth_file_byte_for_byte() {
    let story = made_with_network_config();
    let all = "/meta-data\n/network-config\n/user-data\n/vendor-data\n";
    for tree in ["-R", "-J"] {
        assert_eq!(does(&story, &format!("isoinfo {tree} -f -i ciiso.iso | sort")), all);
        does(
            &story,
            &format!(
                "for file in $files network-config; do isoinfo {tree} -i ciiso.iso -x /$file | cmp - $file; done"
            ),
        );
    }
    for tree in ["", "-read_fs norock"] {
        does(
            &story,
            &format!(
                "xorriso {tree} -indev ciiso.iso -osirrox on -extract / out 2>/dev/null; test $(ls out | wc -l) = 4
                 for file in $files network-config; do cmp out/$file $file; done; chmod -R u+w out; rm -r out"
            ),
        );
    }
    // the digest is known beforehand, and the record has no line more
    let record =
        &sh(&story, "make --network-config network-config --json -o again.iso").json()["attestationRecord"];
    let sum = does(&story, "cmp ciiso.iso again.iso; sha256sum < ciiso.iso | cut -d' ' -f1");
    assert_eq!(record["/dev/disk/by-label/cidata"].as_str(), Some(sum.trim()));
    assert!(record.as_object().unwrap().keys().all(|name| !name.contains("network")), "{record}");
}

/// As published scripts make it.
#[test]
fn a_network_config_of_any_tool_sets_the_interfaces_of_the_rehearsed_guest() {
    let story = made_with_network_config();
    does(
        &story,
        "genisoimage -quiet -volid cidata -joliet -rock -output theirs.iso $files network-config 2>/dev/null",
    );
    for medium in ["ciiso.iso", "theirs.iso"] {
        let log = does(&story, &format!("boot_iso {medium}"));
        assert!(log.starts_with("[   ok    ] medium "), "{log}");
        assert!(log.contains("[   ok    ] network     HPL13004I: enc8 192.0.2.21/24\n"), "{log}");
        let (network, logging) = (log.find("HPL13000I").unwrap(), log.find("] logging").unwrap());
        assert!(network < logging, "the guest sets its network first:\n{log}");
        assert!(log.ends_with("the guest would boot\n"), "{log}");
    }
}

#[test]
fn a_signer_who_reads_the_medium_sees_that_there_is_a_network_config() {
    let story = made_with_network_config();
    let seen = sh(&story, "contract-signer inspect ciiso.iso");
    assert!(seen.text().contains("a boot medium with `network-config` and user data, signed"), "{seen:?}");
    let verified = sh(&story, "contract-signer verify ciiso.iso --signing-key $PUBLIC_KEY");
    assert_eq!(verified.exit, 0, "{verified:?}");
}

/// VPC instances and pods get their addresses elsewhere.
#[test]
fn a_network_config_for_another_platform_is_a_warning() {
    let story = Story::signed();
    story.write("network-config", NETWORK_CONFIG);
    let said = |platform: &str| {
        let change = format!("sed -i 's/^platform: .*/platform: {platform}/' env-deployer/persona.yaml");
        let make = "make -C env-deployer --network-config network-config --force";
        sh(&story, &format!("{change}; {make}")).stderr
    };
    for platform in ["hpvs", "ccco"] {
        let said = said(platform);
        assert!(
            said.contains(&format!("no guest of platform `{platform}` reads `network-config`")),
            "{said}"
        );
    }
    for platform in ["ccrt", "ccrv"] {
        assert!(!said(platform).contains("warning"), "{platform}");
    }
}

#[test]
fn blkid_finds_the_label_and_no_uuid() {
    let found = does(&made(), "blkid -p -o export ciiso.iso");
    assert!(found.lines().any(|line| line == "LABEL=cidata"), "{found}");
    assert!(found.lines().any(|line| line == "TYPE=iso9660"), "{found}");
    assert!(!found.contains("UUID"), "one for all media would be worse than none: {found}");
}

#[test]
fn linux_mounts_both_trees() {
    let story = made();
    let tried = sh(
        &story,
        "test $(id -u) = 0 || { echo 'needs root'; exit 1; }
         mkdir mounted && mount -o ro,loop ciiso.iso mounted 2>&1 && umount mounted",
    );
    if tried.exit != 0 {
        return eprintln!("skipped: this machine mounts no medium: {}", tried.text().trim());
    }
    for options in ["ro,loop", "ro,loop,norock"] {
        does(
            &story,
            &format!(
                "mount -o {options} ciiso.iso mounted; trap 'umount mounted' EXIT
                 for file in $files; do cmp mounted/$file $file; done; test $(ls mounted | wc -l) = 3"
            ),
        );
    }
}

/// A Linux of its own, as a process (Debian's packages `user-mode-linux`, `busybox-static`, `cpio`): needs no leave to
/// mount, and sees the medium as a disk.
#[test]
fn a_linux_that_starts_with_the_medium_reads_it() {
    let story = made();
    if sh(
        &story,
        "command -v linux.uml busybox cpio && ldd $(command -v busybox) 2>&1 | grep -q 'not a dynamic'",
    )
    .exit
        != 0
    {
        return eprintln!("skipped: user-mode-linux, busybox-static or cpio is not installed");
    }
    story.write("root/init", INIT);
    let seen = does(
        &story,
        "mkdir -p root/bin root/proc root/dev root/mnt; cp $(command -v busybox) root/bin/; chmod 755 root/init
         find /usr/lib/uml/modules -name cdrom.ko -o -name isofs.ko | xargs -I{} cp {} root/
         (cd root; find . | cpio --quiet -o -H newc) > initrd
         timeout 60 linux.uml mem=128M initrd=initrd rdinit=/init ubd0r=ciiso.iso con=null con0=null,fd:1 < /dev/null 2>&1",
    );
    let sums = does(&story, "sha256sum meta-data user-data vendor-data");
    let medium = does(&story, "sha256sum < ciiso.iso | cut -d' ' -f1");
    let seen = seen.replace('\r', "");
    for tree in ["Rock Ridge", "Joliet"] {
        assert!(seen.contains(&format!("== {tree}\n{sums}== end\n")), "{tree}:\n{seen}");
    }
    assert!(seen.contains(&format!("{}  /dev/ubda\n", medium.trim())), "{seen}");
}

const INIT: &str = r#"#!/bin/busybox sh
/bin/busybox --install /bin
mount -t proc none /proc; mount -t devtmpfs none /dev
insmod /cdrom.ko; insmod /isofs.ko
look() { echo "== $1"; mount -t iso9660 -o "$2" /dev/ubda /mnt; (cd /mnt; sha256sum *); umount /mnt; echo "== end"; }
look "Rock Ridge" ro; look Joliet ro,norock
sha256sum /dev/ubda
poweroff -f
"#;

/// Debian's package `cloud-init` takes over a machine at its next start, so no script of ours installs it.
#[test]
fn cloud_init_takes_the_seed() {
    let story = made();
    story.write("read.py", CLOUD_INIT);
    if sh(&story, "/usr/bin/python3 -c 'import cloudinit'").exit != 0 {
        return eprintln!("skipped: cloud-init is not installed");
    }
    let read = does(
        &story,
        "mkdir -p seed/nocloud; for file in $files; do isoinfo -J -i ciiso.iso -x /$file > seed/nocloud/$file; done
         /usr/bin/python3 read.py .",
    );
    assert_eq!(read, "paynow\n{'users': ['default']}\nNone\n");
    let story = made_with_network_config();
    story.write("read.py", CLOUD_INIT);
    let read = does(
        &story,
        "mkdir -p seed/nocloud; for file in $files network-config; do isoinfo -J -i ciiso.iso -x /$file > seed/nocloud/$file; done
         /usr/bin/python3 read.py .",
    );
    assert!(read.ends_with("\n{'enc8': ['192.0.2.21/24']}\n"), "{read}");
}

/// cloud-init's own reader of a `NoCloud` seed; only the place where the medium would be mounted is an argument.
const CLOUD_INIT: &str = r#"import sys
from cloudinit import helpers, util
from cloudinit.sources.DataSourceNoCloud import DataSourceNoCloud
folder = sys.argv[1]
paths = helpers.Paths({"cloud_dir": folder, "run_dir": folder})
source = DataSourceNoCloud({"datasource": {"NoCloud": {"fs_label": None}}}, None, paths)
assert source._get_data(), "the seed is not accepted"
assert util.decode_binary(source.userdata_raw) == open(folder + "/user-data").read()
hostname = source.get_hostname()
print(getattr(hostname, "hostname", hostname))
vendor_data = util.decode_binary(source.vendordata_raw)
assert vendor_data.splitlines()[0] == '#cloud-config'
print(util.load_yaml(vendor_data))
network = source.network_config and source.network_config["network"]["ethernets"]
print(network and {name: network[name]["addresses"] for name in network})
"#;

#[test]
fn the_digests_are_known_beforehand() {
    let story = made();
    let output = sh(&story, "make --json -o again.iso").json();
    assert_eq!(output["medium"], "again.iso");
    let record = &output["attestationRecord"];
    for (line, file) in [
        ("cidata/user-data", "user-data"),
        ("cidata/meta-data", "meta-data"),
        ("cidata/vendor-data", "vendor-data"),
        ("/dev/disk/by-label/cidata", "ciiso.iso"),
    ] {
        let sum = does(&story, &format!("sha256sum < {file} | cut -d' ' -f1"));
        assert_eq!(record[line].as_str(), Some(sum.trim()), "{line}");
    }
    let booted = sh(&story, "boot_iso ciiso.iso --json").json();
    for line in booted["attestation"].as_array().unwrap() {
        assert_eq!(line["sha256"], record[line["name"].as_str().unwrap()], "{line}");
    }
    assert_eq!(booted["attestation"].as_array().unwrap().len(), record.as_object().unwrap().len());
}

/// A device has whole sectors only: a guest hashes no byte more than the file has.
#[test]
fn the_size_is_whole_for_any_disk() {
    let size: u64 = does(&made(), "stat -c %s ciiso.iso").trim().parse().unwrap();
    assert_eq!(size % 65536, 0);
}

#[test]
fn the_machine_and_the_day_do_not_count() {
    let story = made();
    for machine in
        ["export TZ=Asia/Tokyo", "export LC_ALL=tr_TR.UTF-8", "umask 077", "touch -d 2001-01-01 user-data"]
    {
        does(&story, &format!("({machine}; make --force -o other.iso); cmp ciiso.iso other.iso"));
    }
    does(
        &story,
        "make -o - | cmp - ciiso.iso; mkfifo pipe; cat pipe > piped.iso & make -o pipe; wait; cmp piped.iso ciiso.iso",
    );
    does(
        &story,
        "env-deployer boot-media - --hostname paynow --signing-key $PUBLIC_KEY --force < user-data; make -o third.iso; cmp third.iso ciiso.iso",
    );
}

#[test]
fn media_of_other_tools_boot() {
    let story = made();
    for (tool, names) in [
        ("genisoimage -quiet -joliet -rock", "Rock Ridge names, with a Joliet tree"),
        ("genisoimage -quiet -rock", "Rock Ridge names, without a Joliet tree"),
        ("genisoimage -quiet -joliet", "Joliet names, with a Joliet tree"),
        ("genisoimage -quiet -l -relaxed-filenames", "plain ISO 9660 names, without"),
        ("genisoimage -quiet -untranslated-filenames", "plain ISO 9660 names, without"),
        ("xorriso -as mkisofs -quiet -joliet -rock", "Rock Ridge names, with a Joliet tree"),
        ("xorriso -as mkisofs -quiet -rock", "Rock Ridge names, without a Joliet tree"),
        ("xorriso -as mkisofs -quiet --norock -joliet", "Joliet names, with a Joliet tree"),
        ("xorriso -as mkisofs -quiet --norock -U", "plain ISO 9660 names, without"),
        // what cloud-localds runs
        ("genisoimage -quiet -input-charset utf-8 -joliet -rock", "Rock Ridge names, with a Joliet tree"),
    ] {
        let log = does(
            &story,
            &format!(
                "{tool} -volid cidata -output theirs.iso $files 2>/dev/null; boot_iso theirs.iso; rm theirs.iso"
            ),
        );
        assert!(log.starts_with("[   ok    ] medium      volume `cidata`, "), "{tool}:\n{log}");
        assert!(log.contains(names), "{tool}:\n{log}");
        assert!(log.contains("a guest named `paynow`"), "{tool}:\n{log}");
        assert!(log.ends_with("the guest would boot\n"), "{tool}:\n{log}");
    }
}

/// What everybody may read, everybody may; what is plain, only its owner.
#[test]
fn plain_sections_are_taken_when_asked_for_and_kept_private() {
    let story = made();
    let plain = sh(
        &story,
        r"umask 022; open_token env.token > section
          { grep ^workload user-data; echo 'env: |'; sed 's/^/  /' section; } > plain
          env-deployer boot-media plain --hostname paynow -o plain.iso --force \
              --danger-accept-plain-sections --danger-accept-unsigned
          make --force; stat -c %a plain.iso ciiso.iso; isoinfo -R -i plain.iso -x /user-data | cmp - plain && echo same",
    );
    assert_eq!(plain.text(), "600\n644\nsame\n", "{plain:?}");
    assert!(plain.stderr.contains("warning: `plain` is not signed"), "{plain:?}");
}

/// 200 MB of user data in a process that may not have as much.
#[test]
fn memory_does_not_grow_with_the_user_data() {
    let story = Story::new();
    does(
        &story,
        r#"token() {
             printf 'hyper-protect-basic.%s.' "$(head -c 512 /dev/zero | base64 -w0)"
             { printf Salted__saltsalt; head -c "$1" /dev/zero; } | base64 -w0
         }
         { printf 'workload: '; token 150000000; printf '\nenv: '; token 1600; echo; } > user-data
         (ulimit -v 180000; env-deployer boot-media user-data --hostname paynow --danger-accept-unsigned)
         isoinfo -R -i ciiso.iso -x /user-data | cmp - user-data"#,
    );
}
