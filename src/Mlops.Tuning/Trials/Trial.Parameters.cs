using System.Globalization;

namespace Mlops.Tuning;

public sealed partial class Trial
{
    private const int MaximumNameLength = 250;
    private const int MaximumConstraints = 100;

    /// <summary>A real number between two bounds, both inclusive.</summary>
    /// <param name="name">The parameter's name within the study; asking again in the same trial returns the same value.</param>
    /// <param name="low">The smallest value; positive on a logarithmic scale.</param>
    /// <param name="high">The largest value.</param>
    /// <param name="log">Whether values are spread evenly over their logarithm; not together with a step.</param>
    /// <param name="step">The distance between neighbours counted from <paramref name="low"/>, or null for all values in between.</param>
    /// <exception cref="ArgumentException">The bounds contradict each other or do not go with the scale.</exception>
    /// <exception cref="DomainConflictException">The parameter has another domain.</exception>
    public double SuggestDouble(string name, double low, double high, bool log = false, double? step = null) =>
        Suggest(name, ParameterDomain.Real(low, high, log, step));

    /// <summary>A whole number between two bounds, both inclusive.</summary>
    /// <param name="name">The parameter's name within the study.</param>
    /// <param name="low">The smallest value; at least 1 on a logarithmic scale.</param>
    /// <param name="high">The largest value.</param>
    /// <param name="log">Whether values are spread evenly over their logarithm; only with a step of 1.</param>
    /// <param name="step">The distance between neighbours counted from <paramref name="low"/>.</param>
    /// <exception cref="ArgumentException">The bounds contradict each other or do not go with the scale.</exception>
    /// <exception cref="DomainConflictException">The parameter has another domain.</exception>
    public int SuggestInt(string name, int low, int high, bool log = false, int step = 1) =>
        (int)Suggest(name, ParameterDomain.Whole(low, high, log, step));

    /// <summary>True or false.</summary>
    /// <exception cref="DomainConflictException">The parameter has another domain.</exception>
    public bool SuggestBool(string name) => Suggest(name, ParameterDomain.Boolean) != 0;

    /// <summary>One of several choices: strings, numbers, enumeration members, or anything whose text tells it apart.</summary>
    /// <param name="name">The parameter's name within the study.</param>
    /// <param name="choices">1 to 10 000 choices; stored by their invariant text, which must differ. Their order is part of the domain.</param>
    /// <exception cref="ArgumentException">There are no choices, one is null, or two have the same text.</exception>
    /// <exception cref="DomainConflictException">The parameter has another domain.</exception>
    public T SuggestCategorical<T>(string name, params ReadOnlySpan<T> choices)
        where T : notnull => choices[(int)Suggest(name, ParameterDomain.Categorical(Labels(choices)))];

    /// <summary>One of several choices in an order, such as small, medium and large: samplers take neighbours to be alike.</summary>
    /// <param name="name">The parameter's name within the study.</param>
    /// <param name="choices">1 to 10 000 choices from the lowest to the highest; stored by their invariant text, which must differ.</param>
    /// <exception cref="ArgumentException">There are no choices, one is null, or two have the same text.</exception>
    /// <exception cref="DomainConflictException">The parameter has another domain.</exception>
    public T SuggestOrdinal<T>(string name, params ReadOnlySpan<T> choices)
        where T : notnull => choices[(int)Suggest(name, ParameterDomain.Ordinal(Labels(choices)))];

    /// <summary>A value for every parameter of a declared space that is active in this trial.</summary>
    /// <returns>The values by name, in the order of declaration, parents before their branches.</returns>
    /// <exception cref="DomainConflictException">A parameter has another domain.</exception>
    public IReadOnlyDictionary<string, ParameterValue> SuggestAll(SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        OrderedDictionary<string, ParameterValue> values = new(StringComparer.Ordinal);
        space.Walk((name, domain) =>
        {
            double coordinate = Suggest(name, domain);
            values[name] = domain.ToValue(coordinate);
            return coordinate;
        });
        return values;
    }

    /// <summary>A value of any domain, as its coordinate.</summary>
    /// <returns>A number itself, the index of a choice, 0 for false and 1 for true.</returns>
    /// <exception cref="DomainConflictException">The parameter has another domain.</exception>
    /// <exception cref="InvalidOperationException">The trial has finished.</exception>
    public double Suggest(string name, ParameterDomain domain)
    {
        RequireName(name);
        ArgumentNullException.ThrowIfNull(domain);
        lock (_gate)
        {
            RequireRunning("Asking for a parameter");
            if (_parameters.TryGetValue(name, out (ParameterDomain Domain, double Coordinate) known))
            {
                return known.Domain.Equals(domain)
                    ? known.Coordinate
                    : throw new DomainConflictException(_study.Name, name, known.Domain, domain, "This trial has it so: ask with the same domain, or use another name.");
            }

            _study.Space.Covers(name, domain);
            _context.Position = _parameters.Count;
            double coordinate = Given(name, domain) ?? _study.Sampler.Sample(_context, name, domain);
            if (!domain.Contains(coordinate))
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                    $"The sampler returned {coordinate} for '{name}', which is outside {domain}."));
            }

            _parameters.Add(name, (domain, coordinate));
            _parametersChanged = true;
            return coordinate;
        }
    }

    /// <summary>
    /// Reports an intermediate value, for pruning and plots. Returns at once; values are stored in batches, at the latest with
    /// the outcome. Reporting a step again replaces its value.
    /// </summary>
    /// <param name="step">An epoch, a fold, a number of samples; 0 or more.</param>
    /// <param name="value">The objective so far; may be NaN or infinite.</param>
    /// <exception cref="InvalidOperationException">The trial has finished.</exception>
    public void Report(int step, double value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        lock (_gate)
        {
            RequireRunning("Reporting");
            var report = new TrialReport(step, value);
            _unsaved.Add(report);
            _study.Pruning?.Report(Number, _claim.Epoch, report);
            _lastReport = _lastReport is { } last && last.Step > step ? last : report;
            _reached = _reached is { } reached && reached.Step > step ? reached : report;
        }
    }

    /// <summary>
    /// Says how far the trial is from satisfying a constraint, so that samplers seek trials that satisfy all of them and only those count as
    /// best. The latest value of a name counts; it is stored with the outcome. A trial without constraints is feasible.
    /// </summary>
    /// <param name="name">The constraint's name; up to 100 per trial.</param>
    /// <param name="value">0 or less where it is satisfied, else by how much it is missed; finite.</param>
    /// <exception cref="ArgumentException">The value is not finite, or the name cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The trial has finished, or it has 100 other constraints.</exception>
    public void SetConstraint(string name, double value)
    {
        RequireName(name);
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"Constraint '{name}' needs a finite number that says by how much it is missed.");
        }

        lock (_gate)
        {
            RequireRunning("Setting a constraint");
            if (_constraints.Count == MaximumConstraints && !_constraints.ContainsKey(name))
            {
                throw new InvalidOperationException($"Trial {Number} of study '{_study.Name}' has {MaximumConstraints} constraints; '{name}' would be one more.");
            }

            _constraints[name] = value;
        }
    }

    private static string[] Labels<T>(ReadOnlySpan<T> choices)
        where T : notnull
    {
        string[] labels = new string[choices.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(choices[i], nameof(choices));
            labels[i] = Label(choices[i]);
        }

        return labels;
    }

    private static string Label<T>(T choice)
        where T : notnull => choice switch
        {
            string text => text,
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => choice.ToString() ?? "",
        };

    internal static void RequireName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaximumNameLength)
        {
            throw new ArgumentException($"A parameter's name has at most {MaximumNameLength} characters, got {name.Length}.", nameof(name));
        }

        StoredText.Require(name, nameof(name));
    }

    private double? Given(string name, ParameterDomain domain) =>
        _given.TryGetValue(name, out ParameterValue value) ? domain.ToCoordinate(value) : null;

    private void RequireRunning(string action)
    {
        if (State != TrialState.Running)
        {
            throw new InvalidOperationException($"{action}: trial {Number} of study '{_study.Name}' has finished as {State}.");
        }
    }
}
