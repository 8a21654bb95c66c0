using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>
/// What the data of a model looks like when all is well: frozen bins and categories, their counts, moments, missing shares and
/// a bounded sample, per season. One artefact for batch comparisons and live monitors. Immutable and thread-safe.
/// </summary>
public sealed partial class ReferenceProfile
{
    private readonly Lazy<byte[]> _bytes;
    private readonly Lazy<ProfilePart> _whole;

    internal ReferenceProfile(
        DriftSchema schema,
        Season season,
        int maximumSampleRows,
        string? modelVersion,
        NumericFrame[] numericFrames,
        CategoricalFrame[] categoricalFrames,
        ProfilePart?[] parts,
        DateTimeOffset? from,
        DateTimeOffset? to)
    {
        Schema = schema;
        Season = season;
        MaximumSampleRows = maximumSampleRows;
        ModelVersion = modelVersion;
        NumericFrames = numericFrames;
        CategoricalFrames = categoricalFrames;
        Parts = parts;
        From = from;
        To = to;
        _bytes = new(Serialize);
        _whole = new(() => parts.Aggregate((ProfilePart?)null, Merge)!);
    }

    /// <summary>The columns. Read from a file, it names columns but cannot read objects.</summary>
    public DriftSchema Schema { get; }

    /// <summary>The parts the reference is kept in.</summary>
    public Season Season { get; }

    /// <summary>The digest of the model version this reference belongs to, or null.</summary>
    public string? ModelVersion { get; }

    /// <summary>The time of the earliest row, or null without timestamps.</summary>
    public DateTimeOffset? From { get; }

    /// <summary>The time of the latest row, or null without timestamps.</summary>
    public DateTimeOffset? To { get; }

    /// <summary>Rows described.</summary>
    public long Rows => Parts.Sum(static part => part?.Rows ?? 0);

    /// <summary>The SHA-256 of the profile's bytes. Equal digests mean equal profiles, model version included.</summary>
    public ContentHash Digest => new(_bytes.Value.AsSpan(^ContentHash.Length..));

    internal int MaximumSampleRows { get; }

    internal NumericFrame[] NumericFrames { get; }

    internal CategoricalFrame[] CategoricalFrames { get; }

    /// <summary>By season key; null where the reference has no row.</summary>
    internal ProfilePart?[] Parts { get; }

    /// <summary>All parts as one.</summary>
    internal ProfilePart Whole => _whole.Value;

    /// <summary>Builds a profile in one pass. Memory: the rows that decide the bins, then the sample.</summary>
    /// <param name="schema">How rows are read. A selector's exception ends the build.</param>
    /// <param name="rows">Rows from a time when the model did well, in the order they came.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no row, an option is out of range, or a season is asked for without timestamps.</exception>
    public static ReferenceProfile Build<T>(DriftSchema<T> schema, IEnumerable<T> rows, ProfileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new ProfileOptions();
        options.Validate();
        ProfileBuilder builder = new(schema, options);
        RowScratch scratch = RowScratch.Rent(schema);
        foreach (T row in rows)
        {
            schema.Read(in row, scratch);
            builder.Add(scratch.Numbers, scratch.Texts, scratch.Facts.Ticks);
        }

        RowScratch.Return(scratch);
        return builder.Build() ?? throw new ArgumentException("A reference needs rows; the sequence was empty.", nameof(rows));
    }

    /// <summary>The same reference for another model version, under another digest.</summary>
    public ReferenceProfile ForModelVersion(string modelVersion)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelVersion);
        return new ReferenceProfile(Schema, Season, MaximumSampleRows, modelVersion, NumericFrames, CategoricalFrames, Parts, From, To);
    }

    /// <summary>
    /// The profile of all rows of both: counts add exactly, samples are those of the whole, moments agree to about 1e-14. Both need the
    /// same bins and categories (<see cref="ProfileOptions.MergeableWith"/>) and samples drawn by different seeds.
    /// </summary>
    /// <exception cref="ArgumentException">Columns, seasons, bins or categories differ.</exception>
    public ReferenceProfile Merge(ReferenceProfile other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Schema.DifferenceFrom(other.Schema) is { } difference)
            throw new ArgumentException($"Profiles of different columns do not merge: {difference}.", nameof(other));
        if (Season != other.Season)
            throw new ArgumentException($"Profiles by {Season} and by {other.Season} do not merge.", nameof(other));
        for (int i = 0; i < NumericFrames.Length; i++)
        {
            if (!NumericFrames[i].Edges.Equals(other.NumericFrames[i].Edges))
                throw new ArgumentException($"The bins of '{Schema.NumericColumns[i].Name}' differ; build one profile with MergeableWith the other.", nameof(other));
        }

        for (int i = 0; i < CategoricalFrames.Length; i++)
        {
            if (!CategoricalFrames[i].Names.AsSpan().SequenceEqual(other.CategoricalFrames[i].Names))
                throw new ArgumentException($"The categories of '{Schema.CategoricalColumns[i].Name}' differ; build one profile with MergeableWith the other.", nameof(other));
        }

        ProfilePart?[] parts = new ProfilePart?[Parts.Length];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = Merge(Parts[i], other.Parts[i]);
        return new ReferenceProfile(
            Schema, Season, MaximumSampleRows, ModelVersion == other.ModelVersion ? ModelVersion : null, NumericFrames, CategoricalFrames, parts,
            Earlier(From, other.From), Later(To, other.To));
    }

    private ProfilePart? Merge(ProfilePart? left, ProfilePart? right)
    {
        if (left is null || right is null)
            return left ?? right;
        NumericSummary[] numeric = Array.ConvertAll(NumericFrames, static frame => new NumericSummary(frame.Edges));
        CategoricalSummary[] categorical = Array.ConvertAll(CategoricalFrames, static frame => new CategoricalSummary(frame.Names.Length));
        foreach (ProfilePart part in (ReadOnlySpan<ProfilePart>)[left, right])
        {
            for (int i = 0; i < numeric.Length; i++)
                numeric[i].Merge(part.Numeric[i]);
            for (int i = 0; i < categorical.Length; i++)
                categorical[i].Merge(part.Categorical[i]);
        }

        return new ProfilePart(left.Rows + right.Rows, numeric, categorical, left.Sample.Merge(right.Sample, MaximumSampleRows));
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right : left;

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) => left is null || right > left ? right : left;
}
