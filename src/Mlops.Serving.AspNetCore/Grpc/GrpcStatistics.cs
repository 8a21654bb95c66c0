using System.Globalization;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

/// <summary>What a version has done, as a message.</summary>
internal static class GrpcStatistics
{
    public static Wire.ModelStatistics Of(string model, Serving.ModelStatistics statistics)
    {
        var message = new Wire.ModelStatistics
        {
            Name = model,
            Version = statistics.Version.Number.ToString(CultureInfo.InvariantCulture),
            LastInference = (ulong)(statistics.LastInference?.ToUnixTimeMilliseconds() ?? 0),
            InferenceCount = (ulong)statistics.InferenceCount,
            ExecutionCount = (ulong)statistics.ExecutionCount,
            InferenceStats = new InferStatistics
            {
                Success = Duration(statistics.Success),
                Fail = Duration(statistics.Fail),
                Queue = Duration(statistics.Queue),
                ComputeInput = Duration(statistics.ComputeInput),
                ComputeInfer = Duration(statistics.ComputeInfer),
                ComputeOutput = Duration(statistics.ComputeOutput),
                CacheHit = new StatisticDuration(),
                CacheMiss = new StatisticDuration(),
            },
        };

        // The copying is measured over all runs only.
        foreach (BatchSizeStatistics size in statistics.BatchSizes)
            message.BatchStats.Add(new InferBatchStatistics
            {
                BatchSize = (ulong)size.Rows,
                ComputeInput = new StatisticDuration(),
                ComputeInfer = new StatisticDuration { Count = (ulong)size.Count, Ns = (ulong)size.TotalNanoseconds },
                ComputeOutput = new StatisticDuration(),
            });
        return message;
    }

    private static StatisticDuration Duration(DurationStatistics duration) => new() { Count = (ulong)duration.Count, Ns = (ulong)duration.TotalNanoseconds };
}
