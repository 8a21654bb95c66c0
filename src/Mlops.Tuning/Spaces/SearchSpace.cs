namespace Mlops.Tuning;

/// <summary>
/// A search space declared beforehand instead of asked for step by step: parameters, and branches that exist only where a parameter has
/// certain values. <see cref="Trial.SuggestAll"/> asks for what is active. Immutable: every method returns a larger space.
/// </summary>
public sealed class SearchSpace
{
    private readonly (string Name, ParameterDomain Domain)[] _parameters;
    private readonly (string Parent, double[] Coordinates, SearchSpace Space)[] _branches;

    private SearchSpace((string Name, ParameterDomain Domain)[] parameters, (string Parent, double[] Coordinates, SearchSpace Space)[] branches)
    {
        _parameters = parameters;
        _branches = branches;
    }

    /// <summary>The space without parameters, where every declaration begins.</summary>
    public static SearchSpace Empty { get; } = new([], []);

    /// <summary>Adds a parameter.</summary>
    /// <param name="name">1 to 250 characters; new in this space.</param>
    /// <param name="domain">Its values.</param>
    /// <exception cref="ArgumentException">The space has the name already, or the name cannot be used.</exception>
    public SearchSpace With(string name, ParameterDomain domain)
    {
        Trial.RequireName(name);
        ArgumentNullException.ThrowIfNull(domain);
        return Find(name) is null
            ? new SearchSpace([.. _parameters, (name, domain)], _branches)
            : throw new ArgumentException($"The space has a parameter '{name}' already.", nameof(name));
    }

    /// <summary>Adds parameters that exist only where another has one of the given values.</summary>
    /// <param name="parameter">A parameter of this space itself, not of one of its branches.</param>
    /// <param name="values">Its values as text: labels of choices, <c>true</c> or <c>false</c>, or numbers in the invariant culture.</param>
    /// <param name="branch">What exists there, with branches of its own if need be. Branches may share a name if they share its domain.</param>
    /// <exception cref="ArgumentException">The parameter is unknown, a value is outside its domain, or a name has two domains.</exception>
    public SearchSpace When(string parameter, IEnumerable<string> values, SearchSpace branch)
    {
        ArgumentException.ThrowIfNullOrEmpty(parameter);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(branch);
        ParameterDomain parent = Array.Find(_parameters, known => known.Name == parameter).Domain
            ?? throw new ArgumentException($"'{parameter}' is not a parameter of the space itself; it has: {string.Join(", ", _parameters.Select(static known => known.Name))}.", nameof(parameter));
        double[] coordinates = [.. values.Select(value => Coordinate(parameter, parent, value))];
        if (coordinates.Length == 0)
        {
            throw new ArgumentException($"A branch on '{parameter}' needs at least one value.", nameof(values));
        }

        foreach ((string name, ParameterDomain domain) in branch.All())
        {
            if (Array.Exists(_parameters, known => known.Name == name) || (Find(name) is { } other && !other.Equals(domain)))
            {
                throw new ArgumentException($"The branch's '{name}' is known outside of it; take another name, or the same domain in a parallel branch.", nameof(branch));
            }
        }

        return new SearchSpace(_parameters, [.. _branches, (parameter, coordinates, branch)]);
    }

    /// <inheritdoc cref="When(string, IEnumerable{string}, SearchSpace)"/>
    /// <param name="parameter">A parameter of this space itself, not of one of its branches.</param>
    /// <param name="value">Its value as text.</param>
    /// <param name="branch">What exists there.</param>
    public SearchSpace When(string parameter, string value, SearchSpace branch)
    {
        ArgumentNullException.ThrowIfNull(value);
        return When(parameter, [value], branch);
    }

    /// <summary>Asks for every active parameter, parents before their branches.</summary>
    internal void Walk(Func<string, ParameterDomain, double> ask)
    {
        Dictionary<string, double> chosen = new(StringComparer.Ordinal);
        foreach ((string name, ParameterDomain domain) in _parameters)
        {
            chosen[name] = ask(name, domain);
        }

        foreach ((string parent, double[] coordinates, SearchSpace space) in _branches)
        {
            if (coordinates.Contains(chosen[parent]))
            {
                space.Walk(ask);
            }
        }
    }

    private static double Coordinate(string parameter, ParameterDomain domain, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return domain.ParseCoordinate(value)
            ?? throw new ArgumentException($"'{value}' is not a value of '{parameter}', which is {domain}.", nameof(value));
    }

    private ParameterDomain? Find(string name) => All().FirstOrDefault(known => known.Name == name).Domain;

    private IEnumerable<(string Name, ParameterDomain Domain)> All() => _parameters.Concat(_branches.SelectMany(static branch => branch.Space.All()));
}
