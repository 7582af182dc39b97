//! Who vouches for the halves of a record, by the allowed signers of whoever reads it: the names in it are the signer's word.

use jiff::Timestamp;

use super::{HalfRecord, Record, Voucher};
use crate::handoff::NotVouched;
use ssh_signatures::allowed_signers::{AllowedSigners, Vouched};
use ssh_signatures::sshsig::{Namespace, Signature};

impl HalfRecord {
    fn vouched(
        &self,
        namespace: Namespace,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<Vouched, NotVouched> {
        let (Some(signed), Some(armored)) = (&self.signed, &self.signature) else {
            return Err(if self.signed.is_some() { NotVouched::Unsigned } else { NotVouched::BareToken });
        };
        let signature = Signature::parse(armored)?.verify(&signed.bytes, namespace)?;
        if signers.entries().is_empty() {
            return Err(NotVouched::NobodyAllowed);
        }
        Ok(signers.vouch(signature, at)?)
    }
}

impl Record {
    /// Holds both signatures against who may vouch for what at this time; the names are those of the allowed signers from
    /// then on. Else, which half nobody may vouch for. That its statements are the signed ones, [`Record::verify_itself`]
    /// tells; to be asked again afterwards, since the one person behind both may have stood there under two names.
    pub fn name_vouchers(
        &mut self,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<(), (Namespace, NotVouched)> {
        for (half, namespace) in [(&mut self.workload, Namespace::Workload), (&mut self.env, Namespace::Env)]
        {
            let vouched = half.vouched(namespace, signers, at).map_err(|reason| (namespace, reason))?;
            half.vouched_by = Some(Voucher::from(&vouched));
        }
        Ok(())
    }
}
