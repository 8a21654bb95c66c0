using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>
/// How blocks become chunks. A series with at least <see cref="MinimumChunkPoints"/> points leaves the blocks as chunks of up to
/// twice as many; what is left of the others is merged into few blocks, so that a thousand short series cost one row, not a thousand.
/// Packing waits until as much is fresh as was merged before: a point is rewritten a bounded number of times on average.
/// </summary>
internal static class Packing
{
    public const int MinimumChunkPoints = 1_000;
    public const int MaximumChunkPoints = 2_000;

    /// <summary>Points that merged blocks of a run may hold before shorter series are packed too: reading one series reads them all.</summary>
    public const int MaximumMergedPoints = 262_144;

    /// <summary>A run that ends with fewer rows than this reads fast enough as it is.</summary>
    public const int BlocksLeftUnpacked = 16;

    private const int PointsPerMergedBlock = 65_536;
    private const int LeastFresh = 16_384;

    // A row costs about as much as sixteen points.
    private const int PointsPerRow = 16;

    public static bool IsDue(long freshBlocks, long freshPoints, long mergedPoints) =>
        freshBlocks > 1 && freshPoints + PointsPerRow * freshBlocks >= Math.Max(LeastFresh, mergedPoints);

    /// <summary>
    /// Sorts the points of each series, leaves out those that code older than <see cref="SampleSet"/> stored again, and divides them into
    /// chunks and what is merged.
    /// </summary>
    public static PackedRun Pack(SortedDictionary<long, List<Sample>> series)
    {
        var packed = new PackedRun();
        int left = 0;
        foreach ((long key, List<Sample> points) in series)
        {
            if (SampleSet.Of(points) is > 0 and int repeats)
            {
                packed.Repeats.Add((key, repeats));
            }

            if (points.Count >= MinimumChunkPoints)
            {
                AddChunks(packed, key, points);
            }
            else
            {
                left += points.Count;
            }
        }

        int shortest = left <= MaximumMergedPoints ? MinimumChunkPoints : ShortestToPack(series.Values, left);
        var writer = new MetricBlock.Writer();
        foreach ((long key, List<Sample> points) in series)
        {
            if (points.Count >= MinimumChunkPoints)
            {
                continue;
            }

            if (points.Count >= shortest)
            {
                AddChunks(packed, key, points);
                continue;
            }

            writer.Add(key, CollectionsMarshal.AsSpan(points));
            if (writer.Points >= PointsPerMergedBlock)
            {
                packed.Blocks.Add(writer.ToBlock());
            }
        }

        if (writer.Points > 0)
        {
            packed.Blocks.Add(writer.ToBlock());
        }

        return packed;
    }

    /// <summary>The length from which series are packed so that at most half of the allowance stays merged.</summary>
    private static int ShortestToPack(IEnumerable<List<Sample>> series, int left)
    {
        int[] pointsByLength = new int[MinimumChunkPoints];
        foreach (List<Sample> points in series)
        {
            if (points.Count < MinimumChunkPoints)
            {
                pointsByLength[points.Count] += points.Count;
            }
        }

        int length = MinimumChunkPoints;
        while (left > MaximumMergedPoints / 2)
        {
            left -= pointsByLength[--length];
        }

        return length;
    }

    private static void AddChunks(PackedRun packed, long key, List<Sample> points)
    {
        // Equal parts, so that no short chunk is left at the end.
        int parts = (points.Count + MaximumChunkPoints - 1) / MaximumChunkPoints;
        ReadOnlySpan<Sample> rest = CollectionsMarshal.AsSpan(points);
        for (; parts > 0; parts--)
        {
            ReadOnlySpan<Sample> part = rest[..(rest.Length / parts)];
            packed.Chunks.Add(new PackedChunk(key, part[0], part[^1], part.Length, MetricChunk.Encode(part)));
            rest = rest[part.Length..];
        }
    }
}

/// <summary>One chunk to be stored.</summary>
internal sealed record PackedChunk(long Key, Sample First, Sample Last, int Points, byte[] Payload);

/// <summary>What takes the place of a run's blocks.</summary>
internal sealed class PackedRun
{
    public List<PackedChunk> Chunks { get; } = [];

    public List<MetricBlock> Blocks { get; } = [];

    /// <summary>How many points of a series were left out, because the blocks hold them more than once.</summary>
    public List<(long Key, int Points)> Repeats { get; } = [];
}
