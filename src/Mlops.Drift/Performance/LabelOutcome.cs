namespace Mlops.Drift;

internal enum LabelOutcome : byte
{
    Joined = 0,
    Expired = 1,
    Duplicate = 2,
    Unsampled = 3,
    Unknown = 4,
}
