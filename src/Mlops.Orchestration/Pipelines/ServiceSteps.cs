namespace Mlops.Orchestration;

/// <summary>Declares steps that use one service. From <see cref="PipelineBuilder{TParameters}.With{TService}()"/>.</summary>
/// <typeparam name="TParameters">What a run is started with.</typeparam>
/// <typeparam name="TService">The service that every delegate receives first.</typeparam>
public sealed class ServiceSteps<TParameters, TService>
    where TService : notnull
{
    private readonly PipelineBuilder<TParameters> _builder;
    private readonly Func<IServiceProvider?, TService> _service;
    private readonly Type? _serviceType;

    internal ServiceSteps(PipelineBuilder<TParameters> builder, Func<IServiceProvider?, TService> service, Type? serviceType)
    {
        _builder = builder;
        _service = service;
        _serviceType = serviceType;
    }

    /// <summary>A step without inputs.</summary>
    /// <param name="name">Unique in the pipeline: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="run">Runs at least once; its result is committed exactly once.</param>
    public Step<T> Step<T>(string name, Func<TService, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _builder.Add(name, [], _serviceType, run, attempt => run(_service(attempt.Services), _builder.Context(attempt)));
    }

    /// <summary>A step with one input.</summary>
    public Step<T> Step<T1, T>(string name, StepInput<T1> first, Func<TService, T1, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _builder.Add(name, [first], _serviceType, run, attempt =>
            run(_service(attempt.Services), first.Read(attempt), _builder.Context(attempt)));
    }

    /// <summary>A step with two inputs.</summary>
    public Step<T> Step<T1, T2, T>(
        string name, StepInput<T1> first, StepInput<T2> second, Func<TService, T1, T2, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _builder.Add(name, [first, second], _serviceType, run, attempt =>
            run(_service(attempt.Services), first.Read(attempt), second.Read(attempt), _builder.Context(attempt)));
    }

    /// <summary>A step with three inputs.</summary>
    public Step<T> Step<T1, T2, T3, T>(
        string name,
        StepInput<T1> first,
        StepInput<T2> second,
        StepInput<T3> third,
        Func<TService, T1, T2, T3, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _builder.Add(name, [first, second, third], _serviceType, run, attempt =>
            run(_service(attempt.Services), first.Read(attempt), second.Read(attempt), third.Read(attempt), _builder.Context(attempt)));
    }

    /// <summary>One step per item of an earlier result. See <see cref="PipelineBuilder{TParameters}.ForEach{TSource, TItem, T}"/>.</summary>
    public Steps<T> ForEach<TSource, TItem, T>(
        string name,
        StepInput<TSource> source,
        Func<TSource, IEnumerable<TItem>> items,
        Func<TItem, string> key,
        Func<TService, TItem, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _builder.AddForEach(name, source, [], items, key, _serviceType, run, (attempt, item) =>
            run(_service(attempt.Services), item, _builder.Context(attempt)));
    }

    /// <summary>One step per item of an earlier result, each of which also receives a shared input.</summary>
    public Steps<T> ForEach<TSource, TItem, TShared, T>(
        string name,
        StepInput<TSource> source,
        Func<TSource, IEnumerable<TItem>> items,
        Func<TItem, string> key,
        StepInput<TShared> shared,
        Func<TService, TItem, TShared, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _builder.AddForEach(name, source, [shared], items, key, _serviceType, run, (attempt, item) =>
            run(_service(attempt.Services), item, shared.Read(attempt), _builder.Context(attempt)));
    }
}
