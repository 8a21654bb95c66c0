using System.Data.Common;

namespace Mlops.Drift;

/// <summary>The answer to one comparison: a verdict per feature and overall, and what stands behind it. Immutable.</summary>
public sealed partial record DriftReport
{
    /// <summary>The monitor that made the report; null for a comparison of two batches.</summary>
    public string? Monitor { get; init; }

    /// <summary>The digest of the model version whose predictions were watched, or null.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The most urgent verdict among the features; Drift as well when a segment drifts.</summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>Whether there was a reference to compare with. Without one the verdict is Undecided.</summary>
    public bool HasReference { get; init; } = true;

    /// <summary>The SHA-256 of the reference profile, 64 hexadecimal digits; null without one.</summary>
    public string? ReferenceDigest { get; init; }

    /// <summary>The part of the reference that was compared with: <c>all</c>, or the window's seasons.</summary>
    public string? ReferenceSeason { get; init; }

    /// <summary>When the comparison was made, in the time of the rows where they carry one.</summary>
    public DateTimeOffset? EvaluatedAt { get; init; }

    /// <summary>The time of the window's first row, or null.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The time of the window's last row, or null.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Rows compared.</summary>
    public long Rows { get; init; }

    /// <summary>Rows the window saw; more than <see cref="Rows"/> when it kept a sample.</summary>
    public long RowsSeen { get; init; }

    /// <summary>True when rows were dropped while the window filled; the verdict stands for the rows that were kept.</summary>
    public bool Incomplete { get; init; }

    /// <summary>True when the window ended, or was looked at, before it was full.</summary>
    public bool Partial { get; init; }

    /// <summary>What to keep in mind when reading the verdict.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>One entry per column, in the schema's order.</summary>
    public required IReadOnlyList<FeatureDrift> Features { get; init; }

    /// <summary>
    /// One entry per segment that the reference describes and the window has: by segment column, then by value, most frequent in the reference first. Significance
    /// accounts for all segments and their columns; the drift of one is drift of the report.
    /// </summary>
    public IReadOnlyList<SegmentDrift> Segments { get; init; } = [];

    /// <summary>The p-value that nothing differs: no column of the whole window, nor of any segment (Simes 1986); null where nothing could be tested.</summary>
    public double? PValue { get; init; }

    /// <summary>Whether this is a discovery over the monitor's life; null where that is not controlled, or the window did not count.</summary>
    public DriftOverTime? OverTime { get; init; }

    /// <summary>How wrong the model has been lately; null where errors are not watched.</summary>
    public ErrorDrift? Error { get; init; }

    /// <summary>What the window's predictions are estimated to lose, before labels come; null where <see cref="ServedReference.LossEstimator"/> is not given.</summary>
    public EstimatedError? EstimatedError { get; init; }

    /// <summary>The metrics a classifier is estimated to reach on the window; null where <see cref="ServedReference.PerformanceEstimator"/> is not given.</summary>
    public EstimatedPerformance? EstimatedPerformance { get; init; }

    /// <summary>Tumbling windows that have ended, for which labels have come since they were judged last: their first verdict, or a revised one. Oldest first.</summary>
    public IReadOnlyList<WindowPerformance> LabelledWindows { get; init; } = [];

    /// <summary>The gap of each kind of rate between the groups of each segment column, since the version is live; empty where groups are not compared.</summary>
    public IReadOnlyList<GroupGap> GroupGaps { get; init; } = [];

    /// <summary>What became of the labels; null for a comparison of two batches.</summary>
    public LabelCounts? Labels { get; init; }

    /// <summary>Compares a batch of rows with a profile.</summary>
    /// <param name="profile">A profile built in this process, which knows how to read the rows; for one that was read, pass the schema.</param>
    /// <param name="rows">The rows to judge, in the order they came.</param>
    /// <param name="thresholds">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The profile's schema reads another type.</exception>
    public static DriftReport Compare<T>(ReferenceProfile profile, IEnumerable<T> rows, DriftThresholds? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return profile.Schema is DriftSchema<T> schema
            ? Compare(profile, schema, rows, thresholds)
            : throw new ArgumentException($"The profile does not know how to read {typeof(T).Name}; pass the schema: Compare(profile, schema, rows).", nameof(profile));
    }

    /// <inheritdoc cref="Compare{T}(ReferenceProfile, IEnumerable{T}, DriftThresholds?)"/>
    /// <param name="profile">The reference.</param>
    /// <param name="schema">How rows are read; its columns are those of the profile.</param>
    /// <param name="rows">The rows to judge.</param>
    /// <param name="thresholds">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The schema's columns differ from the profile's.</exception>
    public static DriftReport Compare<T>(ReferenceProfile profile, DriftSchema<T> schema, IEnumerable<T> rows, DriftThresholds? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(rows);
        thresholds ??= new DriftThresholds();
        thresholds.Validate();
        if (schema.DifferenceFrom(profile.Schema) is { } difference)
            throw new ArgumentException($"The rows do not fit the profile: {difference}.", nameof(schema));
        RowWindow window = new(schema, int.MaxValue, WindowKeeping.Latest, MaximumBatchCategories);
        RowScratch scratch = RowScratch.Rent(schema);
        foreach (T row in rows)
        {
            schema.Read(in row, scratch);
            window.Add(scratch.Numbers, scratch.Texts, scratch.Facts.Ticks);
        }

        RowScratch.Return(scratch);
        return Of(profile, window.Snapshot(), thresholds);
    }

    /// <summary>Compares a batch by columns with a profile, without copying it. It has no times, so seasons are not matched.</summary>
    /// <param name="profile">The reference.</param>
    /// <param name="batch">Every column of its schema, which are those of the profile; consecutive rows in the order they came.</param>
    /// <param name="thresholds">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The batch lacks a column, or its columns differ from the profile's.</exception>
    public static DriftReport Compare(ReferenceProfile profile, DriftBatch batch, DriftThresholds? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(batch);
        thresholds ??= new DriftThresholds();
        thresholds.Validate();
        if (batch.Schema.DifferenceFrom(profile.Schema) is { } difference)
            throw new ArgumentException($"The batch does not fit the profile: {difference}.", nameof(batch));
        batch.RequireComplete(nameof(batch));
        return Of(profile, WindowComparison.Compare(profile, batch, thresholds), span: null, batch.Rows);
    }

    /// <summary>
    /// Compares a window that was described on the spot, one instance's or the merged ones of a fleet (<see cref="DriftMonitor.DescribeWindow"/>), with a profile. Counts, shares
    /// and ranges are those of all rows; what needs values takes the window's sample. New categories are counted, not named.
    /// </summary>
    /// <param name="profile">The reference.</param>
    /// <param name="window">A profile of the same bins, categories and segments (<see cref="ProfileOptions.MergeableWith"/>).</param>
    /// <param name="thresholds">Null for the defaults.</param>
    /// <exception cref="ArgumentException">Columns, seasons, bins, categories or segments differ.</exception>
    public static DriftReport Compare(ReferenceProfile profile, ReferenceProfile window, DriftThresholds? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(window);
        thresholds ??= new DriftThresholds();
        thresholds.Validate();
        if (profile.WhyNotMergeable(window) is { } reason)
            throw new ArgumentException($"The window does not fit the profile. {reason}", nameof(window));
        (DateTimeOffset, DateTimeOffset)? span = window.From is { } from && window.To is { } to ? (from, to) : null;
        return Of(profile, WindowComparison.Compare(profile, window, thresholds), span, window.Rows);
    }

    /// <summary>Compares the rows of a database with a profile. All of them are held in memory.</summary>
    /// <param name="profile">The reference.</param>
    /// <param name="schema">Names the reader's columns, which are those of the profile, and its time where it has one.</param>
    /// <param name="reader">Positioned before the first row. It is read to its end and not closed.</param>
    /// <param name="thresholds">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The schema's columns differ from the profile's, or the reader's from the schema's.</exception>
    /// <exception cref="DriftException">A value is not of its column's kind.</exception>
    public static async Task<DriftReport> CompareAsync(
        ReferenceProfile profile, DriftSchema schema, DbDataReader reader, DriftThresholds? thresholds = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(reader);
        thresholds ??= new DriftThresholds();
        thresholds.Validate();
        if (schema.DifferenceFrom(profile.Schema) is { } difference)
            throw new ArgumentException($"The rows do not fit the profile: {difference}.", nameof(schema));
        DriftSchema<DbDataReader> bound = DataReaderColumns.Bind(schema, reader);
        RowWindow window = new(schema, int.MaxValue, WindowKeeping.Latest, MaximumBatchCategories);
        RowScratch scratch = RowScratch.Rent(schema);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            bound.Read(in reader, scratch);
            window.Add(scratch.Numbers, scratch.Texts, scratch.Facts.Ticks);
        }

        RowScratch.Return(scratch);
        return Of(profile, window.Snapshot(), thresholds);
    }

    internal const int MaximumBatchCategories = 100_000;

    internal static DriftReport WithoutReference(RowSet rows)
    {
        (DateTimeOffset From, DateTimeOffset To)? span = rows.Span;
        return new DriftReport
        {
            Verdict = DriftVerdict.Undecided,
            HasReference = false,
            From = span?.From,
            To = span?.To,
            Rows = rows.Count,
            RowsSeen = rows.Seen,
            Warnings = ["There is no reference for this model version, so nothing was compared."],
            Features = [],
        };
    }

    internal static DriftReport Of(ReferenceProfile profile, RowSet rows, DriftThresholds thresholds, bool seasonMatched = true)
    {
        return Of(profile, WindowComparison.Compare(profile, rows, thresholds, seasonMatched), rows.Span, rows.Seen);
    }

    private static DriftReport Of(ReferenceProfile profile, ComparedWindow compared, (DateTimeOffset From, DateTimeOffset To)? span, long rowsSeen)
    {
        return new DriftReport
        {
            ModelVersion = profile.ModelVersion,
            Verdict = compared.Verdict,
            ReferenceDigest = profile.Digest.ToString(),
            ReferenceSeason = compared.Season,
            EvaluatedAt = span?.To,
            From = span?.From,
            To = span?.To,
            Rows = compared.Rows,
            RowsSeen = rowsSeen,
            Warnings = compared.Warnings,
            Features = compared.Features,
            Segments = compared.Segments,
            PValue = compared.PValue,
        };
    }
}
