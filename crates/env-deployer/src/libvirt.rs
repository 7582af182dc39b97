//! How libvirt attaches a boot medium: shown, never done.

use std::path::Path;

use serde::Serialize;

/// The two ways to attach it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Libvirt {
    /// For an existing guest: an element of its `<devices>`.
    disk: String,
    /// For a guest that `virt-install` makes.
    virt_install: String,
}

impl Libvirt {
    /// A disk rather than a CD drive: Secure Execution has virtio devices only, and these behind the IOMMU. Read-only, since
    /// the attestation record holds its digest; `vdc`, since `vda` and `vdb` are the image and the data.
    pub fn new(medium: &Path) -> Self {
        let path = std::path::absolute(medium).unwrap_or_else(|_| medium.to_owned()).display().to_string();
        let attribute = path.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;");
        let disk = format!(
            "<disk type='file' device='disk'>
  <driver name='qemu' type='raw' cache='none' io='native' iommu='on'/>
  <source file='{attribute}'/>
  <target dev='vdc' bus='virtio'/>
  <readonly/>
</disk>"
        );
        // a comma would end the option, and a shell would change special characters
        let option = path.replace(',', ",,");
        let is_simple = |c: char| c.is_alphanumeric() || "/._-+,".contains(c);
        let quoted = if option.chars().all(is_simple) {
            option
        } else {
            format!("'{}'", option.replace('\'', r"'\''"))
        };
        let virt_install =
            format!("--disk path={quoted},format=raw,bus=virtio,target.dev=vdc,readonly=on,driver.iommu=on");
        Self { disk, virt_install }
    }

    /// As lines of text.
    pub fn lines(&self) -> Vec<String> {
        let attach =
            "to attach it, save this as `medium.xml`, then `virsh attach-device GUEST medium.xml --config`:";
        let install = "or, if `virt-install` makes the guest, add:";
        let mut lines = vec![attach.to_owned()];
        lines.extend(self.disk.lines().map(|line| format!("  {line}")));
        lines.extend([install.to_owned(), format!("  {}", self.virt_install)]);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_arrive_as_they_are() {
        let libvirt = Libvirt::new(Path::new("/a b/it's <&,.iso"));
        assert!(libvirt.disk.contains("<source file='/a b/it&apos;s &lt;&amp;,.iso'/>"), "{}", libvirt.disk);
        assert!(
            libvirt.virt_install.starts_with(r"--disk path='/a b/it'\''s <&,,.iso',format=raw"),
            "{}",
            libvirt.virt_install
        );
    }
}
