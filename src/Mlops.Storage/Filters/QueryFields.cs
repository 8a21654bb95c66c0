namespace Mlops.Storage;

/// <summary>
/// The fields by which one kind of thing is found and ordered: attributes (<c>name</c>), keyed ones (<c>tags.team</c>) and functions of
/// keyed ones (<c>min(metrics.loss)</c>). Names are read in any case. Add everything first; then it may be read by any number of threads.
/// </summary>
public sealed class QueryFields
{
    private static readonly string[] AttributeEntities = ["attributes", "attribute", "attr"];

    private readonly Dictionary<string, (string Name, QueryField Field)> _attributes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _entities = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Func<string, QueryField?>> _keyed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Function> _functions = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _names = [];

    /// <summary>Starts without a field.</summary>
    /// <param name="noun">What the fields are of, in the singular: <c>run</c>, <c>model version</c>; messages name it.</param>
    public QueryFields(string noun)
    {
        ArgumentException.ThrowIfNullOrEmpty(noun);
        Noun = noun;
    }

    internal string Noun { get; }

    private string OneOfThem => $"{("aeiou".Contains(char.ToLowerInvariant(Noun[0]), StringComparison.Ordinal) ? "an" : "a")} {Noun}";

    /// <summary>Adds an attribute, which stands alone or behind <c>attributes.</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="field">What it is.</param>
    /// <param name="otherNames">Names that mean the same.</param>
    public QueryFields Add(string name, QueryField field, params ReadOnlySpan<string> otherNames)
    {
        ArgumentNullException.ThrowIfNull(field);
        _names.Add(name);
        _attributes.Add(name, (name, field));
        foreach (string other in otherNames)
        {
            _attributes.Add(other, (name, field));
        }

        return this;
    }

    /// <summary>Adds what is written <c>entity.key</c>.</summary>
    /// <param name="entity">Its name, in the plural: <c>tags</c>.</param>
    /// <param name="field">The field of a key; null when there is none of that key.</param>
    /// <param name="otherNames">Names that mean the same.</param>
    public QueryFields AddKeyed(string entity, Func<string, QueryField?> field, params ReadOnlySpan<string> otherNames)
    {
        ArgumentNullException.ThrowIfNull(field);
        _keyed.Add(entity, field);
        _entities.Add(entity, entity);
        foreach (string other in otherNames)
        {
            _entities.Add(other, entity);
        }

        return this;
    }

    /// <summary>Adds what is written <c>name(entity.key)</c>.</summary>
    public QueryFields AddFunction(string name, string entity, Func<string, QueryField> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        _functions.Add(name, new Function(entity, TakesNumber: false, (key, _) => field(key)));
        return this;
    }

    /// <summary>Adds what is written <c>name(entity.key, number)</c>, with a whole number.</summary>
    public QueryFields AddFunction(string name, string entity, Func<string, long, QueryField> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        _functions.Add(name, new Function(entity, TakesNumber: true, field));
        return this;
    }

    /// <summary>The name under which an entity was added; null when there is none.</summary>
    public string? FindEntity(string name) => _entities.GetValueOrDefault(name);

    internal FieldReference Attribute(FilterReader reader, string name, int position) => _attributes.TryGetValue(name, out (string Name, QueryField Field) known)
        ? new FieldReference(known.Name, null, null, known.Field)
        : throw reader.Refuse($"'{name}' is no attribute of {OneOfThem}; it has {string.Join(", ", _names)}{KeyedForms(". ", ".")}", position);

    internal FieldReference Keyed(FilterReader reader, string entity, string key, int position)
    {
        if (Array.Exists(AttributeEntities, name => name.Equals(entity, StringComparison.OrdinalIgnoreCase)) || Noun.Equals(entity, StringComparison.OrdinalIgnoreCase))
        {
            return Attribute(reader, key, position);
        }

        if (!_entities.TryGetValue(entity, out string? known))
        {
            throw reader.Refuse($"'{entity}' is nothing {OneOfThem} has; it has {string.Join(", ", [.. _keyed.Keys, "attributes"])}.", position);
        }

        return _keyed[known](key) is { } field
            ? new FieldReference(known, key, null, field)
            : throw reader.Refuse($"{known} have no '{key}'.", position);
    }

    /// <summary>A function of a field that was read already.</summary>
    internal FieldReference Apply(FilterReader reader, FilterToken name, FieldReference inner, long? number)
    {
        if (!_functions.TryGetValue(name.Text, out Function? function) || inner.Key is null || inner.Function is not null || inner.Name != function.Entity)
        {
            throw reader.Refuse($"{name.Text}(...) is not known{(_functions.Count == 0 ? "." : $"; there are {string.Join(", ", _functions.Select(Form))}.")}", name.Position);
        }

        if (function.TakesNumber != number is not null)
        {
            throw reader.Refuse($"{name.Text}(...) is written {Form(new(name.Text, function))}.", name.Position);
        }

        return new FieldReference(inner.Name, inner.Key, string.Create(null, $"{name.Text.ToLowerInvariant()} {number}"), function.Field(inner.Key, number.GetValueOrDefault()));
    }

    private static string Form(KeyValuePair<string, Function> function) => $"{function.Key}({function.Value.Entity}.key{(function.Value.TakesNumber ? ", number" : "")})";

    private string KeyedForms(string before, string after) => _keyed.Count == 0 ? after : $"{before}Keys are written {string.Join(", ", _keyed.Keys.Select(static entity => $"{entity}.key"))}{after}";

    private sealed record Function(string Entity, bool TakesNumber, Func<string, long, QueryField> Field);
}
