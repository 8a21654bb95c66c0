namespace Mlops.Drift;

internal enum LabelOutcome : byte
{
    Joined = 0,
    Expired = 1,
}
