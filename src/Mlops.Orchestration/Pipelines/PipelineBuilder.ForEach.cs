namespace Mlops.Orchestration;

public sealed partial class PipelineBuilder<TParameters>
{
    /// <summary>One step per item of an earlier result. Which items there are is decided once per run and stored with it.</summary>
    /// <param name="name">The name of the group; its steps are called <c>name[key]</c>.</param>
    /// <param name="source">The result that holds the items.</param>
    /// <param name="items">Picks them from it.</param>
    /// <param name="key">
    /// Names an item by what it is, never by its position: 1 to 200 characters without '[', ']', '/' and control characters, unique in the group.
    /// </param>
    /// <param name="run">Runs once per item.</param>
    public Steps<T> ForEach<TSource, TItem, T>(
        string name,
        StepInput<TSource> source,
        Func<TSource, IEnumerable<TItem>> items,
        Func<TItem, string> key,
        Func<TItem, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return AddForEach(name, source, [], items, key, null, run, (attempt, item) => run(item, Context(attempt)));
    }

    /// <summary>One step per item of an earlier result, each of which also receives a shared input.</summary>
    public Steps<T> ForEach<TSource, TItem, TShared, T>(
        string name,
        StepInput<TSource> source,
        Func<TSource, IEnumerable<TItem>> items,
        Func<TItem, string> key,
        StepInput<TShared> shared,
        Func<TItem, TShared, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return AddForEach(name, source, [shared], items, key, null, run, (attempt, item) => run(item, shared.Read(attempt), Context(attempt)));
    }

    internal Steps<T> AddForEach<TSource, TItem, T>(
        string name,
        StepInput<TSource> source,
        StepInput[] shared,
        Func<TSource, IEnumerable<TItem>> items,
        Func<TItem, string> key,
        Type? service,
        Delegate code,
        Func<StepAttempt, TItem, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(key);
        string group = KeyOf(name);
        _draft.RequireInputs(group, [source, .. shared], _branch);

        // The group waits for the shared inputs too, so that its steps are ready the moment they exist.
        int parameters = _scope.ParameterInputs.Length;
        shared = [.. shared, .. _scope.ParameterInputs];
        var expand = new ExpandNode<TSource, TItem>(group, _branch, source, [source, .. shared], items, key) { ParameterInputs = parameters };
        var template = new StepNode<T>(group + "[]", NodeKind.Item, _branch, shared, service, attempt => run(attempt, expand.ReadItem(attempt)))
        {
            Source = code,
            ParameterInputs = parameters,
        };
        expand.Template = template;
        _draft.Add(expand, _scope);
        _draft.Add(template, _scope);
        return new Steps<T>(_draft, expand, template);
    }
}
