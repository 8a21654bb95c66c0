using Mlops.Drift;
using Mlops.Onnx;
using Mlops.Registry;

namespace Mlops.Tests.Loop;

/// <summary>From a weight to a champion with its reference.</summary>
internal sealed class Training(ModelRegistry registry, DriftStore references)
{
    public async Task<int> PromoteAsync(double weight, double meanLag, string? runId, string key, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream();
        OnnxLinearRegression.Write(file, [weight], bias: 0);
        file.Position = 0;
        ModelVersion version = await registry.RegisterAsync(LoopHost.Model, file, new() { RunId = runId, IdempotencyKey = key }, cancellationToken);

        string digest = version.Hash.ToString();
        ReferenceProfile profile = ReferenceProfile.Build(
            ServedRide.Schema, Rides(meanLag, 2_000).Select((ride, i) => new ServedRide(ride, $"training/{i}", digest, weight * ride.Lag)));
        await references.SetReferenceAsync(LoopHost.Monitor, digest, new ServedReference(profile), cancellationToken);
        await registry.SetAliasAsync(LoopHost.Model, LoopHost.Alias, version.Number, Expected.Any, new() { IdempotencyKey = key }, cancellationToken);
        return version.Number;
    }

    /// <summary>Lags spread evenly within five of their mean, in an order without a trend.</summary>
    public static IEnumerable<Ride> Rides(double meanLag, int count) =>
        Enumerable.Range(0, count).Select(i => new Ride(meanLag - 5 + (i * 0.618_033_988_749_895 % 1 * 10)));
}
