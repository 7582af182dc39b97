//! Folders that can't become an archive, and archives that no guest should unpack.

use super::cases;

const PACK: &str = "timeout 20 workload-provider pack workload-provider/play -o new";

cases! {
    a_persona_s_own_folder_as_archive {
        given: "cp workload-provider/play/pod.yml workload-provider/; edit 's/!folder play/!folder ./' workload-provider/workload.yaml",
        run: "workload-provider encrypt workload-provider -o new",
        exit: 3, says: "this is a persona's folder",
    }
    a_persona_s_own_folder_packed {
        given: "",
        run: "workload-provider pack workload-provider -o new",
        exit: 3, says: "this is a persona's folder",
    }
    a_link_in_the_folder {
        given: "ln -s pod.yml workload-provider/play/link.yml",
        run: PACK,
        exit: 3, says: "link.yml",
    }
    a_dangling_link_in_the_folder {
        given: "ln -s nowhere workload-provider/play/link.yml",
        run: "workload-provider encrypt workload-provider -o new",
        exit: 3, says: "link.yml",
    }
    a_link_to_a_folder_outside {
        given: "ln -s /etc workload-provider/play/etc",
        run: PACK,
        exit: 3, says: "etc",
    }
    a_file_that_became_a_pipe {
        given: "rm workload-provider/play/pod.yml; mkfifo workload-provider/play/pod.yml",
        run: "timeout 20 workload-provider encrypt workload-provider -o new",
        exit: 3, says: "pod.yml",
    }
    a_pod_that_is_not_at_the_top {
        given: "mkdir workload-provider/play/deep; mv workload-provider/play/{,deep/}pod.yml",
        run: "workload-provider check workload-provider",
        exit: 3, says: "top level",
    }
    a_pod_that_is_no_yaml {
        given: "echo 'kind: [Pod' > workload-provider/play/pod.yml",
        run: "workload-provider check workload-provider",
        exit: 3, says: "pod.yml",
    }
    a_compose_file_that_builds {
        given: "edit 's/^play:/compose:/' workload-provider/workload.yaml
                printf 'services:\\n  web:\\n    build: .\\n' > workload-provider/play/docker-compose.yaml
                rm workload-provider/play/pod.yml",
        run: "workload-provider check workload-provider",
        exit: 3, says: "build",
    }
    an_archive_with_dot_dot {
        given: "echo out > extra
                tar cPf a.tar --transform 's|^extra|../extra|' extra -C workload-provider/play pod.yml
                tar tPf a.tar | grep -cF ../extra && gzip < a.tar > a.tgz && deliver a.tgz play",
        run: "boot",
        exit: 4, says: "../extra",
    }
    an_archive_with_an_absolute_name {
        given: "tar cPf a.tar /etc/hostname -C workload-provider/play pod.yml; tar tPf a.tar | grep -c ^/etc
                gzip < a.tar > a.tgz; deliver a.tgz play",
        run: "boot",
        exit: 4, says: "/etc/hostname",
    }
    an_archive_with_a_symbolic_link {
        given: "ln -s /etc/passwd workload-provider/play/link; tar czf a.tgz -C workload-provider/play .; deliver a.tgz play",
        run: "boot",
        exit: 4, says: "link",
    }
    an_archive_with_a_hard_link {
        given: "ln workload-provider/play/pod.yml workload-provider/play/twin
                tar czf a.tgz -C workload-provider/play .; deliver a.tgz play",
        run: "boot",
        exit: 4, says: "link",
    }
    an_archive_with_a_pipe {
        given: "mkfifo workload-provider/play/pipe; tar czf a.tgz -C workload-provider/play .; deliver a.tgz play",
        run: "boot",
        exit: 4, says: "pipe",
    }
    an_archive_without_a_compose_file {
        given: "tar czf a.tgz -C workload-provider/play .; deliver a.tgz compose",
        run: "boot",
        exit: 4, says: "HPL06008E",
    }
    an_archive_that_is_no_gzip {
        given: "tar cf a.tar -C workload-provider/play .; deliver a.tar play",
        run: "boot",
        exit: 4, says: "gzip",
    }
    an_archive_that_is_cut {
        given: "tar czf a.tgz -C workload-provider/play .; truncate -s -20 a.tgz; deliver a.tgz play",
        run: "boot",
        exit: 4, says: "archive",
    }
    an_archive_with_a_wrong_checksum {
        given: "tar czf a.tgz -C workload-provider/play .; truncate -s -8 a.tgz; printf 12345678 >> a.tgz; deliver a.tgz play",
        run: "boot",
        exit: 4, says: "archive",
    }
}

/// The guest has a disk for it; the rehearsal has only memory, and must not fill it.
#[test]
fn an_archive_of_a_gigabyte_of_zeros_unpacks_in_little_memory() {
    let story = story_tests::Story::encrypted();
    story.does(
        "truncate -s 1G workload-provider/play/zeros
         tar cf - -C workload-provider/play pod.yml zeros | gzip -1 > a.tgz; rm workload-provider/play/zeros
         deliver a.tgz play
         ulimit -v 500000; boot",
    );
}
