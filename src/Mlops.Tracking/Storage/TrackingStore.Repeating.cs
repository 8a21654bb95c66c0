using System.Data.Common;
using System.Runtime.InteropServices;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A point is stored once, however often it is sent and whatever comes with it (<see cref="SampleSet"/>). That it is new is nearly always told by its
/// time, later than any before, or by its place behind the last point of its series; only otherwise is looked for it among what is stored.
/// </summary>
internal sealed partial class TrackingStore
{
    private static readonly Func<DbDataReader, (long Metric, Sample Last)> MapLast =
        static row => (row.GetInt64(0), new Sample(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));

    /// <summary>What the run lacks of a block; to be called under the lock of its tail, so that nobody stores the same points meanwhile.</summary>
    /// <returns>The same block when the run has none of its points; null when it has all.</returns>
    private static (MetricBlock? Block, SeriesTotals[] Totals) LeaveOutStored(SqlSession session, long run, MetricBlock block, SeriesTotals[] totals)
    {
        Dictionary<long, Sample> last = session.Query(
            "SELECT metric, last_step, last_time, last_bits FROM tracking_series WHERE run = @run AND metric >= @first AND metric <= @last",
            MapLast, ("@run", run), ("@first", block.MinimumKey), ("@last", block.MaximumKey))
            .ToDictionary(static series => series.Metric, static series => series.Last);
        SortedDictionary<long, List<Sample>> all = [];
        MetricBlock.Decode(block.Payload, all);
        SortedDictionary<long, HashSet<Sample>> missing = [];
        foreach ((long key, List<Sample> points) in all)
        {
            if (last.TryGetValue(key, out Sample stored) && points[0].CompareTo(stored) <= 0)
            {
                missing.Add(key, [.. points]);
            }
        }

        if (missing.Count > 0)
        {
            RemoveStored(session, run, all, missing);
        }

        return missing.All(series => series.Value.Count == all[series.Key].Count) ? (block, totals) : Encode(all, missing);
    }

    /// <summary>Takes out of the sets what blocks and chunks hold, which are read one after the other.</summary>
    private static void RemoveStored(SqlSession session, long run, SortedDictionary<long, List<Sample>> points, SortedDictionary<long, HashSet<Sample>> missing)
    {
        Dictionary<long, List<Sample>> read = missing.Keys.ToDictionary(static key => key, static _ => new List<Sample>());
        session.Query(
            "SELECT payload FROM tracking_block WHERE run = @run AND minimum_metric <= @last AND maximum_metric >= @first",
            row =>
            {
                MetricBlock.DecodeWanted(row.GetFieldValue<byte[]>(0), read);
                foreach ((long key, List<Sample> stored) in read)
                {
                    missing[key].ExceptWith(stored);
                    stored.Clear();
                }

                return 0;
            },
            ("@run", run), ("@first", missing.Keys.First()), ("@last", missing.Keys.Last()));
        foreach ((long key, HashSet<Sample> left) in missing)
        {
            List<Sample> stored = read[key];
            session.Query(
                "SELECT payload FROM tracking_chunk WHERE run = @run AND metric = @metric AND first_step <= @last AND last_step >= @first",
                row =>
                {
                    MetricChunk.Decode(row.GetFieldValue<byte[]>(0), stored);
                    left.ExceptWith(stored);
                    stored.Clear();
                    return 0;
                },
                ("@run", run), ("@metric", key), ("@first", points[key][0].Step), ("@last", points[key][^1].Step));
        }
    }

    private static (MetricBlock? Block, SeriesTotals[] Totals) Encode(SortedDictionary<long, List<Sample>> all, SortedDictionary<long, HashSet<Sample>> missing)
    {
        var writer = new MetricBlock.Writer();
        List<SeriesTotals> totals = [];
        foreach ((long key, List<Sample> points) in all)
        {
            if (missing.TryGetValue(key, out HashSet<Sample>? left))
            {
                points.RemoveAll(point => !left.Contains(point));
            }

            if (points.Count > 0)
            {
                writer.Add(key, CollectionsMarshal.AsSpan(points));
                totals.Add(SeriesTotals.Of(key, CollectionsMarshal.AsSpan(points)));
            }
        }

        return (totals.Count == 0 ? null : writer.ToBlock(), [.. totals]);
    }
}
