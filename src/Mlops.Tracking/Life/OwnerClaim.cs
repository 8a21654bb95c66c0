using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>In whose name a run starts, and what its transaction has to do so that the owner holds a lease.</summary>
/// <param name="Owner">The owner, which is the lease's name as well.</param>
/// <param name="Duration">How long the lease lasts without renewal.</param>
/// <param name="Clock">The clock it is measured by.</param>
/// <param name="Lease">The lease as it was last seen, or null.</param>
/// <param name="IsFresh">Whether it was renewed lately, so that nothing has to be done.</param>
internal sealed record OwnerClaim(string Owner, TimeSpan Duration, ILeaseClock Clock, Lease? Lease, bool IsFresh)
{
    /// <summary>The lease the owner holds from this transaction on; null when another start of the same owner has just taken it.</summary>
    public Lease? Hold(SqlSession session) =>
        Lease is not null && (IsFresh || LeaseTable.Renew(session, Clock, Lease))
            ? Lease
            : LeaseTable.TryAcquire(session, Clock, Owner, Owner, Duration);
}
