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
        SeriesTotals[] doubtful = Array.FindAll(totals, series => last.TryGetValue(series.Key, out Sample stored) && series.First.CompareTo(stored) <= 0);
        if (doubtful.Length == 0)
        {
            return (block, totals);
        }

        SortedDictionary<long, List<Sample>> all = [];
        MetricBlock.Decode(block.Payload, all);
        Dictionary<long, HashSet<Sample>> missing = doubtful.ToDictionary(static series => series.Key, series => all[series.Key].ToHashSet());
        RemoveStored(session, run, doubtful, missing);
        if (Array.TrueForAll(doubtful, series => missing[series.Key].Count == series.Points))
        {
            return (block, totals);
        }

        var writer = new MetricBlock.Writer();
        List<SeriesTotals> left = [];
        foreach ((long key, List<Sample> points) in all)
        {
            if (missing.TryGetValue(key, out HashSet<Sample>? kept))
            {
                points.RemoveAll(point => !kept.Contains(point));
            }

            if (points.Count > 0)
            {
                writer.Add(key, CollectionsMarshal.AsSpan(points));
                left.Add(SeriesTotals.Of(key, CollectionsMarshal.AsSpan(points)));
            }
        }

        return (left.Count == 0 ? null : writer.ToBlock(), [.. left]);
    }

    /// <summary>Takes out of the sets what blocks and chunks hold, which are read one after the other.</summary>
    private static void RemoveStored(SqlSession session, long run, SeriesTotals[] series, Dictionary<long, HashSet<Sample>> points)
    {
        Dictionary<long, List<Sample>> read = points.Keys.ToDictionary(static key => key, static _ => new List<Sample>());
        session.Query(
            "SELECT payload FROM tracking_block WHERE run = @run AND minimum_metric <= @last AND maximum_metric >= @first",
            row =>
            {
                MetricBlock.DecodeWanted(row.GetFieldValue<byte[]>(0), read);
                foreach ((long key, List<Sample> stored) in read)
                {
                    points[key].ExceptWith(stored);
                    stored.Clear();
                }

                return 0;
            },
            ("@run", run), ("@first", series[0].Key), ("@last", series[^1].Key));
        foreach (SeriesTotals one in series)
        {
            List<Sample> stored = read[one.Key];
            session.Query(
                "SELECT payload FROM tracking_chunk WHERE run = @run AND metric = @metric AND first_step <= @last AND last_step >= @first",
                row =>
                {
                    MetricChunk.Decode(row.GetFieldValue<byte[]>(0), stored);
                    points[one.Key].ExceptWith(stored);
                    stored.Clear();
                    return 0;
                },
                ("@run", run), ("@metric", one.Key), ("@first", one.First.Step), ("@last", one.Last.Step));
        }
    }
}
