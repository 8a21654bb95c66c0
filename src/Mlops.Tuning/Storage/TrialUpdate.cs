namespace Mlops.Tuning;

/// <summary>A renewal of a running trial's lease, with what it has asked for and reported meanwhile.</summary>
internal sealed record TrialUpdate(long Trial, long Epoch, string Parameters, byte[]? Reports, TrialReport? LastReport)
{
    public int ReportCount { get; init; }
}
