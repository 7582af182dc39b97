//! The base64 engine for a whole section: with SIMD on the processors that the library has it for, and its general one
//! everywhere else, s390x and ppc64le among them.

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
pub(super) use base64::engine::general_purpose::STANDARD as ENGINE;

#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
pub(super) static ENGINE: std::sync::LazyLock<base64::engine::simd::Simd> =
    std::sync::LazyLock::new(|| base64::engine::simd::Simd::standard(base64::engine::general_purpose::PAD));
