namespace Mlops.Drift;

/// <summary>The parts of the reference, or of one of its segments, by the key of their season; null where it has no row.</summary>
internal sealed class SeasonalParts
{
    private readonly ProfilePart?[] _parts;
    private readonly Lazy<ProfilePart?> _whole;

    public SeasonalParts(ProfilePart?[] parts, int maximumSample)
    {
        _parts = parts;
        MaximumSample = maximumSample;
        _whole = new(() => ProfilePart.Merge([.. parts.OfType<ProfilePart>()], maximumSample));
    }

    public int Count => _parts.Length;

    public ProfilePart? this[int key] => _parts[key];

    /// <summary>Rows that a part's sample has at most.</summary>
    public int MaximumSample { get; }

    public long Rows => _parts.Sum(static part => part?.Rows ?? 0);

    /// <summary>All parts as one; null where there is no row.</summary>
    public ProfilePart? Whole => _whole.Value;

    public static SeasonalParts Merge(IReadOnlyList<SeasonalParts> all)
    {
        ProfilePart?[] parts = new ProfilePart?[all[0].Count];
        for (int key = 0; key < parts.Length; key++)
            parts[key] = ProfilePart.Merge([.. all.Select(one => one[key]).OfType<ProfilePart>()], all[0].MaximumSample);
        return new SeasonalParts(parts, all[0].MaximumSample);
    }

    public void Write(ref ByteWriter writer)
    {
        foreach (ProfilePart? part in _parts)
        {
            if (part is null)
                writer.Write(0L);
            else
                part.Write(ref writer);
        }
    }

    public static SeasonalParts Read(ref ByteReader reader, Season season, int maximumSample, NumericFrame[] numericFrames, CategoricalFrame[] categoricalFrames)
    {
        ProfilePart?[] parts = new ProfilePart?[SeasonKey.PartCount(season)];
        for (int key = 0; key < parts.Length; key++)
        {
            long rows = reader.ReadInt64();
            if (rows != 0)
                parts[key] = ProfilePart.Read(ref reader, rows, numericFrames, categoricalFrames);
        }

        return new SeasonalParts(parts, maximumSample);
    }
}
