namespace Mlops.Orchestration;

/// <summary>A backfill as it stood when it was read.</summary>
/// <param name="Id">Its number in the database.</param>
/// <param name="Schedule">The schedule whose intervals are its partitions.</param>
/// <param name="Range">From the start of the first partition to the end of the last.</param>
/// <param name="State">Where it stands.</param>
/// <param name="DealtWithUntil">Every partition that ends up to here was started or passed over.</param>
/// <param name="Started">The runs that it has started.</param>
public sealed record BackfillStatus(long Id, string Schedule, DataInterval Range, BackfillState State, DateTimeOffset DealtWithUntil, long Started);
