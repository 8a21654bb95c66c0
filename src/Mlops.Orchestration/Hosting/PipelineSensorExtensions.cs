using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Orchestration;

/// <summary>Lets pipelines start by what happens elsewhere.</summary>
public static class PipelineSensorExtensions
{
    /// <summary>Starts the pipeline for what a sensor sees while the host runs. See <see cref="PipelineSensor.For{TDefinition, TParameters}"/>.</summary>
    /// <param name="builder">From <c>AddPipeline</c>.</param>
    /// <param name="name">Unique on the database: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="interval">1 s to 1 day.</param>
    /// <param name="look">Receives the services of a scope of its own, and the cursor of the look before, null at first.</param>
    /// <exception cref="ArgumentException">A part cannot be used.</exception>
    public static IPipelineRegistrationBuilder<TDefinition> Sense<TDefinition, TParameters>(
        this IPipelineRegistrationBuilder<TDefinition> builder,
        string name,
        TimeSpan interval,
        Func<IServiceProvider, string?, CancellationToken, Task<SensorReading<TParameters>>> look)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(look);

        // Found unusable here, not when the host starts.
        _ = PipelineSensor.For<TDefinition, TParameters>(name, interval, static (_, _) => throw new NotSupportedException());
        builder.Services.AddSingleton(services => PipelineSensor.For<TDefinition, TParameters>(name, interval, async (cursor, cancellationToken) =>
        {
            AsyncServiceScope scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                return await look(scope.ServiceProvider, cursor, cancellationToken).ConfigureAwait(false);
            }
        }));
        PipelineScheduleExtensions.AddScheduler(builder.Services);
        return builder;
    }
}
