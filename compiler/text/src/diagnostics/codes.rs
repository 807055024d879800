//! The registry of codes. A code is never reused, and each has a page under `errors/` whose failing and
//! mended examples are tests. Ranges: 01 syntax, 02 names and structure, 03 types and expressions,
//! 04 platform, stores and settings, 05 PostgreSQL, 06 MongoDB, 07 Redis, 08 policies, 09 not lowered yet,
//! 10 files and machine, 11 to 18 engines to come, 19 change.

use super::Severity;

/// A code of the registry, such as `E0101`. Codes that begin with `W` are warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    #[must_use]
    pub fn severity(self) -> Severity {
        if self.0.starts_with('W') { Severity::Warning } else { Severity::Error }
    }

    /// The code's page, in Markdown: what it means, a failing example and the mended one.
    #[must_use]
    pub fn page(self) -> &'static str {
        PAGES.iter().find(|(code, _)| *code == self).map_or("", |(_, page)| page)
    }

    /// The code that is written `text`, in either case.
    #[must_use]
    pub fn find(text: &str) -> Option<Code> {
        ALL.iter().copied().find(|code| code.0.eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    ($($code:ident),* $(,)?) => {
        $(pub const $code: Code = Code(stringify!($code));)*
        /// Every code, in the order of the registry.
        pub const ALL: &[Code] = &[$($code),*];
        const PAGES: &[(Code, &str)] =
            &[$(($code, include_str!(concat!("../../errors/", stringify!($code), ".md")))),*];
    };
}

codes! {
    // Syntax
    E0101,
    E0102,
    E0103,
    E0104,
    E0105,
    E0106,
    E0107,
    E0108,
    E0109,
    E0110,
    E0111,
    E0112,
    E0113,
    E0114,
    E0115,
    E0116,
    E0117,
    E0118,
    E0119,
    E0120,
    E0121,
    E0122,
    E0123,
    E0124,
    E0125,
    E0126,
    E0127,
    E0128,
    E0129,
    W0101,
    W0102,
    W0103,

    // Names and structure
    E0201,
    E0202,
    E0203,
    E0204,
    E0205,
    E0206,
    E0207,
    E0208,
    E0210,
    E0211,
    E0214,
    E0215,
    W0201,
    W0202,

    // Types and expressions
    E0301,
    E0302,
    E0303,
    E0304,
    E0305,
    E0306,
    E0307,
    E0308,
    E0309,
    E0310,
    E0311,
    E0312,
    E0314,
    E0315,
    E0316,
    E0317,
    E0318,
    E0319,
    E0330,
    E0332,
    E0333,
    E0334,
    E0335,
    E0340,
    E0341,
    E0345,
    E0346,
    E0347,
    W0345,
    W0346,

    // Platform, stores and settings
    E0401,
    E0402,
    E0403,
    E0404,
    E0405,
    E0406,
    E0407,
    E0408,
    E0409,
    E0410,
    E0411,
    E0412,

    // PostgreSQL
    E0501,
    E0502,
    E0503,
    E0506,
    E0507,
    E0509,
    E0511,
    E0512,
    E0514,
    E0515,
    E0516,
    E0517,
    E0518,
    E0519,
    E0520,
    E0521,
    E0522,
    E0530,
    E0531,
    E0532,
    E0533,
    E0534,
    E0540,
    E0541,
    E0542,
    E0543,
    E0544,
    E0545,
    E0546,
    W0501,
    W0502,
    W0520,

    // MongoDB
    E0601,
    E0602,
    E0603,
    E0604,
    E0605,
    E0606,
    E0607,
    E0608,
    E0609,
    E0610,
    E0611,
    E0612,
    E0613,
    E0614,
    E0615,
    E0616,
    E0617,
    E0619,
    E0620,
    E0621,
    E0622,
    E0623,
    E0624,
    E0626,
    E0627,
    E0628,
    E0629,

    // Values, in every store
    E0630,
    E0631,

    // Redis
    E0701,
    E0702,
    E0703,
    E0704,
    E0705,
    E0706,
    E0707,
    E0708,
    E0709,
    E0710,
    E0711,
    E0712,
    E0713,
    E0714,
    E0715,
    E0716,
    E0717,
    E0718,

    // Policies
    E0801,
    E0802,
    E0803,
    E0804,
    E0805,
    E0806,
    E0807,
    E0808,
    W0805,
    W0807,
    W0808,

    // Tenancy
    E0819,
    E0820,
    E0821,
    E0822,
    E0823,
    E0824,
    E0825,
    E0826,
    E0827,
    E0828,
    E0829,
    W0822,
    W0823,
    W0824,
    W0825,
    W0829,

    // Encryption
    E0830,
    E0831,
    E0832,
    E0833,
    E0834,
    E0835,
    E0836,
    E0837,
    E0838,
    E0839,
    E0840,
    W0833,

    // Services
    E0841,
    E0842,
    E0843,
    E0844,
    E0845,
    E0846,
    E0847,
    E0848,
    E0849,
    W0841,
    W0842,

    // Erasure
    E0851,
    E0852,
    E0853,
    E0854,
    E0855,
    E0856,

    // Pseudonyms
    E0861,
    E0862,
    E0863,
    E0864,

    // What data is kept for
    E0865,
    W0866,
    W0867,

    // Trails
    E0870,
    E0871,
    E0872,
    E0873,

    // What Redis may lose, and what it keeps
    E0880,
    E0881,

    // Whose data
    E0885,
    E0886,
    E0887,
    E0888,
    E0889,
    W0885,

    // What is deleted softly
    E0893,
    W0893,

    // Not lowered yet
    E0901,
    E0902,

    // Files and machine
    E1001,
    E1002,
    E1003,
    E1004,
    E1005,
    E1006,
    E1007,
    E1008,
    E1009,
    E1010,
    E1011,
    E1012,
    W1001,
    W1002,
    // Change
    E1901,
    E1902,
    E1903,
    E1904,
    E1905,
    E1906,
    E1907,
    E1908,
    E1909,
    E1910,
    E1911,
    E1912,
    E1913,
}
