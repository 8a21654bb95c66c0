namespace Mlops.Serving;

/// <summary>
/// Carries a decision to where versions are named, such as a registry's aliases, so that other processes and restarts serve what was decided. Called
/// again until it succeeds: a second time must change nothing more. Thread-safe.
/// </summary>
public interface IRolloutTarget
{
    /// <summary>The candidate serves from now on.</summary>
    ValueTask PromoteAsync(RolloutRecord rollout, CancellationToken cancellationToken = default);

    /// <summary>The candidate does not serve any more; <see cref="RolloutRecord.PromotedAt"/> says whether it had been promoted.</summary>
    ValueTask RollbackAsync(RolloutRecord rollout, CancellationToken cancellationToken = default);
}
