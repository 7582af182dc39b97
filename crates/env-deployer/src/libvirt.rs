//! How libvirt attaches a boot medium: told, never done.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// Three ways to say the same.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Libvirt {
    /// For the `<devices>` of a domain.
    disk: String,
    /// For a guest that `virt-install` makes.
    virt_install: String,
    /// For a guest that is defined, and not running.
    virsh: String,
}

impl Libvirt {
    /// A disk rather than a CD drive: Secure Execution has virtio devices only, and these behind the IOMMU. Read-only, since
    /// the attestation record holds its digest; `vdc`, since `vda` and `vdb` are the image and the data.
    pub fn of(medium: &Path) -> Self {
        let path = std::path::absolute(medium).unwrap_or_else(|_| PathBuf::from(medium));
        let path = path.display().to_string();
        let attribute = path.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;");
        let quoted = format!("'{}'", path.replace('\'', r"'\''"));
        let option = quoted.replace(',', ",,");
        Self {
            disk: format!(
                "<disk type='file' device='disk'>
  <driver name='qemu' type='raw' cache='none' io='native' iommu='on'/>
  <source file='{attribute}'/>
  <target dev='vdc' bus='virtio'/>
  <readonly/>
</disk>"
            ),
            virt_install: format!(
                "--disk path={option},format=raw,bus=virtio,target.dev=vdc,readonly=on,driver.iommu=on"
            ),
            virsh: format!(
                "virsh attach-disk GUEST {quoted} vdc --driver qemu --subdriver raw --mode readonly --config"
            ),
        }
    }

    /// As people read it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines =
            vec!["to start a guest with it, put this among its `<devices>` (`virsh edit GUEST`):".to_owned()];
        lines.extend(self.disk.lines().map(|line| format!("  {line}")));
        lines.push("or, where the guest is made with `virt-install`, add:".to_owned());
        lines.push(format!("  {}", self.virt_install));
        lines.push("or, for a guest that is defined already:".to_owned());
        lines.push(format!("  {}", self.virsh));
        lines
    }
}
