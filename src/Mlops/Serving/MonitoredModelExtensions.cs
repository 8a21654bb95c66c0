using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Drift;
using Mlops.Serving;

namespace Mlops;

/// <summary>Predictions that feed a drift monitor.</summary>
public static class MonitoredModelExtensions
{
    /// <summary>
    /// Shows every prediction of the model's predictor to a drift monitor, on the caller's thread in nanoseconds, and every outcome that
    /// <see cref="ServedModel.RecordOutcome"/> is told as a label. Give the row the prediction's
    /// <see cref="Prediction{T}.Id"/> as <see cref="ToPredictionKey"/>, by which its outcome finds it, and <see cref="ServedVersion.Digest"/> where
    /// its schema has <c>Id</c> and <c>ModelVersion</c>, so that a prediction made during a swap counts for the version that made it.
    /// </summary>
    /// <param name="builder">From <c>AddModel</c>.</param>
    /// <param name="monitor">The monitor's name in <c>AddMonitor</c>, before or after this call; its rows are <typeparamref name="TRow"/>.</param>
    /// <param name="row">Makes the monitor's row. What it throws is counted and logged once, and the prediction still reaches its caller.</param>
    /// <exception cref="InvalidOperationException">When the server is created: no such monitor was added.</exception>
    public static ModelBuilder<TIn, TOut> MonitoredBy<TIn, TOut, TRow>(
        this ModelBuilder<TIn, TOut> builder, string monitor, Func<TIn, Prediction<TOut>, TRow> row)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(row);
        string model = builder.Name;
        return builder
            .OnPrediction(services =>
            {
                Lazy<DriftMonitor<TRow>> found = Find<TRow>(services, model, monitor);
                return (input, in prediction) => found.Value.Observe(row(input, prediction));
            })
            .OnOutcome(services =>
            {
                Lazy<DriftMonitor<TRow>> found = Find<TRow>(services, model, monitor);
                return (in outcome) => found.Value.ObserveLabel(outcome.Id.ToPredictionKey(outcome.Row), outcome.Value);
            });
    }

    /// <summary>The key by which a drift monitor joins the prediction's outcome. A row that carries it and a label that carries the id meet.</summary>
    /// <param name="id">The prediction.</param>
    /// <param name="row">Which row of its call, from 0 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The row is negative.</exception>
    public static PredictionKey ToPredictionKey(this PredictionId id, int row = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        if (row == 0)
        {
            return PredictionKey.From(id.ToUInt128());
        }

        Span<char> text = stackalloc char[PredictionId.TextLength + 16];
        return text.TryWrite(CultureInfo.InvariantCulture, $"{id}/{row}", out int length)
            ? PredictionKey.From(text[..length])
            : throw new UnreachableException();
    }

    /// <inheritdoc cref="DriftMonitor.ObserveLabel(PredictionKey, double)"/>
    /// <param name="monitor">Its rows carry <see cref="ToPredictionKey"/>.</param>
    /// <param name="id">The prediction.</param>
    /// <param name="actual">What really happened.</param>
    public static void ObserveLabel(this DriftMonitor monitor, PredictionId id, double actual)
    {
        ArgumentNullException.ThrowIfNull(monitor);
        monitor.ObserveLabel(id.ToPredictionKey(), actual);
    }

    /// <summary>Found when it is first needed: the monitor's observers may themselves need the server, which is only being made here.</summary>
    private static Lazy<DriftMonitor<TRow>> Find<TRow>(IServiceProvider services, string model, string monitor) =>
        services.GetRequiredService<IServiceProviderIsKeyedService>().IsKeyedService(typeof(DriftMonitor<TRow>), monitor)
            ? new Lazy<DriftMonitor<TRow>>(() => services.GetRequiredKeyedService<DriftMonitor<TRow>>(monitor))
            : throw new InvalidOperationException(
                $"Model '{model}' is monitored by '{monitor}', but there is no drift monitor of that name whose rows are {typeof(TRow).Name}: call AddMlopsDrift().AddMonitor(\"{monitor}\", ...).");
}
