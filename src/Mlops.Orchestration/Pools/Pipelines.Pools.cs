namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    /// <summary>Says how many steps may run in a pool at once, over all processes on the database. Steps that run are not interrupted.</summary>
    /// <param name="name">1 to 128 of letters, digits, '.', '_' and '-'. A pool exists from its first mention on.</param>
    /// <param name="slots">0 to 1 000 000; 0 lets none begin.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task SetPoolAsync(string name, int slots, CancellationToken cancellationToken = default)
    {
        if (!GraphDraft.IsName(name))
        {
            throw new ArgumentException($"'{name}' is no name of a pool: use 1 to 128 of letters, digits, '.', '_' and '-'.", nameof(name));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, 1_000_000);
        await Store.SetPoolAsync(name, slots, cancellationToken).ConfigureAwait(false);
        SignalWork();
    }

    /// <summary>All pools by name, with what they hold.</summary>
    public async Task<IReadOnlyList<PoolStatus>> ListPoolsAsync(CancellationToken cancellationToken = default) =>
        await Store.ListPoolsAsync(cancellationToken).ConfigureAwait(false);
}
