using System.Data.Common;

namespace Mlops.Orchestration;

/// <summary>That steps of a version are due: in pools that have room, or without a pool.</summary>
internal sealed record DueWork(long Urgency, long VersionId, bool InPools)
{
    public static DueWork Read(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0);
}
