namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    private const int MaximumUses = 10_000;

    /// <summary>The steps that have made data of this content, over all pipelines; the latest run first. Steps that took it over from an earlier run are among them.</summary>
    /// <param name="digest">An artifact's SHA-256, or what was given to <see cref="StepContext.RecordOutput"/>.</param>
    /// <param name="take">1 to 1 000.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public Task<IReadOnlyList<DataUse>> FindProducersAsync(
        string digest, int take = 100, DataUse? after = null, CancellationToken cancellationToken = default) =>
        FindUsesAsync(digest, isOutput: true, take, after, cancellationToken);

    /// <summary>The steps that have read data of this content, over all pipelines; the latest run first. Steps that took their result over from one that did are among them.</summary>
    /// <param name="digest">An artifact's SHA-256, or what was given to <see cref="StepContext.RecordInput"/>.</param>
    /// <param name="take">1 to 1 000.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public Task<IReadOnlyList<DataUse>> FindConsumersAsync(
        string digest, int take = 100, DataUse? after = null, CancellationToken cancellationToken = default) =>
        FindUsesAsync(digest, isOutput: false, take, after, cancellationToken);

    /// <summary>The step that was the first to make data of this content; null when none has.</summary>
    /// <param name="digest">An artifact's SHA-256, or what was given to <see cref="StepContext.RecordOutput"/>.</param>
    /// <param name="name">The name that was given with it; null for any name and for artifacts.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<DataUse?> FindMakerAsync(string digest, string? name = null, CancellationToken cancellationToken = default)
    {
        RequireDigest(digest);
        return (await Store.FindMakerAsync(digest, name ?? "", cancellationToken).ConfigureAwait(false))?.Use;
    }

    /// <summary>
    /// What stands behind data: what its step has read, what the steps before that one in the run have read and made, and the same of the runs that made
    /// what was read. Of several runs that made the same content, the latest one before its use counts. The parameters are those of the runs:
    /// <see cref="GetAsync"/> and <see cref="PipelineRun.GetParameters{TParameters}()"/>.
    /// </summary>
    /// <param name="digest">An artifact's SHA-256, or what a step has recorded.</param>
    /// <param name="take">1 to 10 000 readings and makings.</param>
    /// <param name="cancellationToken">Cancels the queries.</param>
    /// <returns>Empty where no step has made it.</returns>
    public async Task<LineageTrace> TraceBackAsync(string digest, int take = 1_000, CancellationToken cancellationToken = default)
    {
        RequireUses(take, MaximumUses, nameof(take));
        return await FindProducersAsync(digest, 1, after: null, cancellationToken).ConfigureAwait(false) is [var latest]
            ? await TraceBackAsync(latest, take, cancellationToken).ConfigureAwait(false)
            : new LineageTrace([], IsComplete: true);
    }

    /// <summary>The same from one making of the data on, where several runs have made it.</summary>
    /// <param name="made">From <see cref="FindProducersAsync"/>.</param>
    /// <param name="take">1 to 10 000 readings and makings.</param>
    /// <param name="cancellationToken">Cancels the queries.</param>
    /// <exception cref="ArgumentException">It is a reading.</exception>
    public Task<LineageTrace> TraceBackAsync(DataUse made, int take = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(made);
        RequireUses(take, MaximumUses, nameof(take));
        return made.Data.IsOutput
            ? new LineageWalk(Store, take).GoBackAsync(made, cancellationToken)
            : throw new ArgumentException($"Step '{made.Step}' has read it and not made it; take one from {nameof(FindProducersAsync)}.", nameof(made));
    }

    /// <summary>
    /// What came of data: the steps that have made and read it, what the steps after these have made, and the same of everything that was made. At the grain of
    /// steps: what a step makes comes of all that it has read.
    /// </summary>
    /// <param name="digest">An artifact's SHA-256, or what a step has recorded.</param>
    /// <param name="take">1 to 10 000 readings and makings.</param>
    /// <param name="cancellationToken">Cancels the queries.</param>
    /// <returns>Empty where no step has made or read it.</returns>
    public Task<LineageTrace> TraceForwardAsync(string digest, int take = 1_000, CancellationToken cancellationToken = default)
    {
        RequireDigest(digest);
        RequireUses(take, MaximumUses, nameof(take));
        return new LineageWalk(Store, take).GoForwardAsync(digest, cancellationToken);
    }

    internal async Task<IReadOnlyList<DataUse>> ListDataAsync(long runId, int take, DataUse? after, CancellationToken cancellationToken)
    {
        RequireUses(take, 1_000, nameof(take));
        List<DataRow> rows = await Store.ListUsesOfRunAsync(runId, after is null ? ("", "") : (after.Step, ItemOf(after.Data)), take, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => row.Use);
    }

    private async Task<IReadOnlyList<DataUse>> FindUsesAsync(string digest, bool isOutput, int take, DataUse? after, CancellationToken cancellationToken)
    {
        RequireDigest(digest);
        RequireUses(take, 1_000, nameof(take));
        List<DataRow> rows = await Store.ListUsesAsync(
            digest, isOutput, after is null ? (long.MaxValue, "", "") : (after.RunId, after.Step, ItemOf(after.Data)), take, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => row.Use);
    }

    /// <summary>Its place among the rows of its step.</summary>
    private static string ItemOf(StepData data) => data is { Kind: StepDataKind.Artifact, IsOutput: true } ? data.Digest! : data.Id;

    private static void RequireDigest(string digest)
    {
        ArgumentException.ThrowIfNullOrEmpty(digest);
        if (digest.Length > StepData.MaximumDigestLength || !StoredText.IsStorable(digest))
        {
            throw new ArgumentException($"A digest has 1 to {StepData.MaximumDigestLength} characters without U+0000 and lone surrogates, got {digest.Length}.", nameof(digest));
        }
    }

    private static void RequireUses(int take, int most, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, most, parameter);
    }
}
