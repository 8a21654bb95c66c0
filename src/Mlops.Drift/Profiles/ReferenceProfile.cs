using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>
/// What the data of a model looks like when all is well: frozen bins and categories, their counts, moments, missing shares and
/// a bounded sample, per season. One artefact for batch comparisons and live monitors. Immutable and thread-safe.
/// </summary>
public sealed partial class ReferenceProfile
{
    private readonly Lazy<byte[]> _bytes;

    internal ReferenceProfile(
        DriftSchema schema,
        Season season,
        string? modelVersion,
        NumericFrame[] numericFrames,
        CategoricalFrame[] categoricalFrames,
        SeasonalParts parts,
        SegmentReference[] segments,
        DateTimeOffset? from,
        DateTimeOffset? to)
    {
        Schema = schema;
        Season = season;
        ModelVersion = modelVersion;
        NumericFrames = numericFrames;
        CategoricalFrames = categoricalFrames;
        Parts = parts;
        Segments = segments;
        From = from;
        To = to;
        _bytes = new(Serialize);
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
    public long Rows => Parts.Rows;

    /// <summary>The SHA-256 of the profile's bytes. Equal digests mean equal profiles, model version included.</summary>
    public ContentHash Digest => new(_bytes.Value.AsSpan(^ContentHash.Length..));

    internal NumericFrame[] NumericFrames { get; }

    internal CategoricalFrame[] CategoricalFrames { get; }

    internal SeasonalParts Parts { get; }

    /// <summary>By segment column, then by value, most frequent first.</summary>
    internal SegmentReference[] Segments { get; }

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

    /// <summary>Builds a profile from a batch by columns, which has no times.</summary>
    /// <param name="batch">Every column of its schema.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A column or every row is missing, an option is out of range, or a season is asked for.</exception>
    public static ReferenceProfile Build(DriftBatch batch, ProfileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.RequireComplete(nameof(batch));
        options ??= new ProfileOptions();
        options.Validate();
        ProfileBuilder builder = new(batch.Schema, options);
        RowScratch scratch = RowScratch.Rent(batch.Schema);
        for (int row = 0; row < batch.Rows; row++)
        {
            batch.Read(row, scratch);
            builder.Add(scratch.Numbers, scratch.Texts, RowFacts.NoTime);
        }

        RowScratch.Return(scratch);
        return builder.Build() ?? throw new ArgumentException("A reference needs rows; the batch has none.", nameof(batch));
    }

    /// <summary>Builds a profile from the rows of a database in one pass, in the same bounded memory.</summary>
    /// <param name="schema">Names the reader's columns; those that are not watched (time, id, label) are declared by name too.</param>
    /// <param name="reader">Positioned before the first row. It is read to its end and not closed.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    /// <exception cref="ArgumentException">A column is missing or one too many, there is no row, an option is out of range, or a season is asked for without timestamps.</exception>
    /// <exception cref="DriftException">A value is not of its column's kind.</exception>
    public static async Task<ReferenceProfile> BuildAsync(
        DriftSchema schema, DbDataReader reader, ProfileOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(reader);
        options ??= new ProfileOptions();
        options.Validate();
        DriftSchema<DbDataReader> bound = DataReaderColumns.Bind(schema, reader);
        ProfileBuilder builder = new(schema, options);
        RowScratch scratch = RowScratch.Rent(schema);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            bound.Read(in reader, scratch);
            builder.Add(scratch.Numbers, scratch.Texts, scratch.Facts.Ticks);
        }

        RowScratch.Return(scratch);
        return builder.Build() ?? throw new ArgumentException("A reference needs rows; the reader had none.", nameof(reader));
    }

    /// <summary>The same reference for another model version, under another digest.</summary>
    public ReferenceProfile ForModelVersion(string modelVersion)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelVersion);
        return new ReferenceProfile(Schema, Season, modelVersion, NumericFrames, CategoricalFrames, Parts, Segments, From, To);
    }

    /// <summary>
    /// The profile of all rows of both: counts add exactly, samples are those of the whole, moments agree to about 1e-14. Both need the
    /// same bins and categories (<see cref="ProfileOptions.MergeableWith"/>) and samples drawn by different seeds.
    /// </summary>
    /// <exception cref="ArgumentException">Columns, seasons, bins or categories differ.</exception>
    public ReferenceProfile Merge(ReferenceProfile other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Merge([this, other]);
    }

    /// <summary>The profile of all rows of many, of a fleet's instances for example; as <see cref="Merge(ReferenceProfile)"/>, in one step.</summary>
    /// <exception cref="ArgumentException">There is none, or columns, seasons, bins or categories differ.</exception>
    public static ReferenceProfile Merge(IReadOnlyCollection<ReferenceProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        ReferenceProfile[] all = [.. profiles];
        if (all.Length == 0)
            throw new ArgumentException("Merging needs a profile at least; there is none.", nameof(profiles));
        ReferenceProfile first = all[0];
        foreach (ReferenceProfile other in all.AsSpan(1))
        {
            if (first.WhyNotMergeable(other) is { } reason)
                throw new ArgumentException(reason, nameof(profiles));
        }

        return new ReferenceProfile(
            first.Schema,
            first.Season,
            Array.TrueForAll(all, profile => profile.ModelVersion == first.ModelVersion) ? first.ModelVersion : null,
            first.NumericFrames,
            first.CategoricalFrames,
            SeasonalParts.Merge(Array.ConvertAll(all, static profile => profile.Parts)),
            [.. first.Segments.Select((segment, i) => segment with { Parts = SeasonalParts.Merge(Array.ConvertAll(all, profile => profile.Segments[i].Parts)) })],
            all.Min(static profile => profile.From),
            all.Max(static profile => profile.To));
    }

    /// <summary>The first difference that keeps the profiles apart, in a sentence; null when they merge.</summary>
    internal string? WhyNotMergeable(ReferenceProfile other)
    {
        if (Schema.DifferenceFrom(other.Schema) is { } difference)
            return $"Profiles of different columns do not merge: {difference}.";
        if (Season != other.Season)
            return $"Profiles by {Season} and by {other.Season} do not merge.";
        for (int i = 0; i < NumericFrames.Length; i++)
        {
            if (!NumericFrames[i].Edges.Equals(other.NumericFrames[i].Edges))
                return $"The bins of '{Schema.NumericColumns[i].Name}' differ; build one profile with MergeableWith the other.";
        }

        for (int i = 0; i < CategoricalFrames.Length; i++)
        {
            if (!CategoricalFrames[i].Names.AsSpan().SequenceEqual(other.CategoricalFrames[i].Names))
                return $"The categories of '{Schema.CategoricalColumns[i].Name}' differ; build one profile with MergeableWith the other.";
        }

        return Segments.Select(static s => (s.Slot, s.Value)).SequenceEqual(other.Segments.Select(static s => (s.Slot, s.Value)))
            ? null
            : "The segments differ; build one profile with MergeableWith the other.";
    }
}
