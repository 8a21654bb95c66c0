using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Looks for results that an attempt may take over, and lets one of several attempts with the same key do the work.</summary>
internal sealed class StepCache(Pipelines pipelines, OrchestrationTelemetry telemetry)
{
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>A result to take over, or null when the attempt has to run. Says on the attempt what its commit should keep.</summary>
    public async Task<CachedResult?> FindAsync(StepAttempt attempt, CachePolicy policy)
    {
        CacheKey key = CacheKey.Of(attempt, policy);
        CacheUse use = CacheUses.Of(attempt.Step.Run.CacheUse, attempt.Node.Key);
        if (use != CacheUse.Use)
        {
            return Keep(attempt, key, policy, use == CacheUse.Refresh ? CacheOutcome.Refreshed : CacheOutcome.Ignored, null);
        }

        bool leads = false;
        while (true)
        {
            // Taken before the look, so that a commit in between is not missed.
            Task changed = pipelines.Changes.Next();
            (CacheOutcome outcome, CachedResult? result) = await LookAsync(key.Key, attempt.CancellationToken).ConfigureAwait(false);
            if (outcome == CacheOutcome.Hit || leads)
            {
                return Keep(attempt, key, policy, outcome, result);
            }

            // Once more after it has become the leader: another may have finished just before.
            leads = await pipelines.Store.TryLeadAsync(attempt.Step, key.Key, attempt.CancellationToken).ConfigureAwait(false);
            if (!leads)
            {
                await Task.WhenAny(changed, Task.Delay(FollowInterval, attempt.CancellationToken)).ConfigureAwait(false);
                attempt.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<(CacheOutcome, CachedResult?)> LookAsync(string key, CancellationToken cancellationToken)
    {
        CachedResult? known = await pipelines.Store.FindCachedAsync(key, cancellationToken).ConfigureAwait(false);
        if (known is null)
        {
            return (CacheOutcome.Missed, null);
        }

        if (known.Expires is { } expires && expires <= await pipelines.Store.ReadClockAsync(cancellationToken).ConfigureAwait(false))
        {
            return (CacheOutcome.Expired, null);
        }

        return await IsWholeAsync(known, cancellationToken).ConfigureAwait(false) ? (CacheOutcome.Hit, known) : (CacheOutcome.Damaged, null);
    }

    /// <summary>Reads every artifact to its end: what it is verified by.</summary>
    private async Task<bool> IsWholeAsync(CachedResult known, CancellationToken cancellationToken)
    {
        IEnumerable<string> hashes = await pipelines.Store.ListArtifactsAsync(known.RunId, known.StepKey, cancellationToken).ConfigureAwait(false);
        if (known.Payload.ContentHash is { } own)
        {
            hashes = hashes.Append(own).Distinct();
        }

        try
        {
            foreach (string hash in hashes)
            {
                Stream content = await pipelines.Payloads.Catalog.OpenReadAsync(ContentHash.Parse(hash), cancellationToken).ConfigureAwait(false);
                await using (content.ConfigureAwait(false))
                {
                    await content.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
                }
            }

            return true;
        }
        catch (StorageException exception) when (exception is ArtifactNotFoundException or ArtifactCorruptException)
        {
            return false;
        }
    }

    private CachedResult? Keep(StepAttempt attempt, CacheKey key, CachePolicy policy, CacheOutcome outcome, CachedResult? result)
    {
        attempt.CacheEntry = new CacheEntry(key, outcome, outcome == CacheOutcome.Ignored ? null : policy, result?.RunId);
        telemetry.CacheLooked(attempt.Graph.Pipeline, outcome);
        return result;
    }
}
