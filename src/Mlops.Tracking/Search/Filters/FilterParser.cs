using System.Globalization;

namespace Mlops.Tracking;

/// <summary>
/// Reads the filter language: what MLflow's search has, and OR, NOT, parentheses, IN for every text, and the whole history of a metric.
/// <c>or := and ("OR" and)*; and := not ("AND" not)*; not := "NOT" not | "(" or ")" | field comparison</c>.
/// </summary>
internal sealed class FilterParser
{
    private const int MaximumLength = 10_000;
    private const int MaximumDepth = 32;
    private const int MaximumConditions = 100;
    private const int MaximumListed = 100;

    private readonly List<FilterToken> _tokens;
    private int _at;
    private int _depth;
    private int _conditions;

    private FilterParser(List<FilterToken> tokens) => _tokens = tokens;

    /// <exception cref="RunFilterException">The text is no filter, or longer or deeper than any should be.</exception>
    public static FilterNode Parse(string text)
    {
        if (text.Length > MaximumLength)
        {
            throw new RunFilterException($"it has {text.Length} characters; {MaximumLength} are allowed.", MaximumLength);
        }

        var parser = new FilterParser(FilterLexer.Read(text));
        FilterNode node = parser.ReadAny();
        return parser.Current.Kind == FilterTokenKind.End ? node : throw parser.Unexpected("AND, OR or the end");
    }

    private FilterToken Current => _tokens[_at];

    private FilterNode ReadAny()
    {
        List<FilterNode> nodes = [ReadAll()];
        while (Current.Is("OR"))
        {
            _at++;
            nodes.Add(ReadAll());
        }

        return nodes.Count == 1 ? nodes[0] : new FilterNode.Any(nodes);
    }

    private FilterNode ReadAll()
    {
        List<FilterNode> nodes = [ReadOne()];
        while (Current.Is("AND"))
        {
            _at++;
            nodes.Add(ReadOne());
        }

        return nodes.Count == 1 ? nodes[0] : new FilterNode.All(nodes);
    }

    private FilterNode ReadOne()
    {
        if (++_depth > MaximumDepth)
        {
            throw new RunFilterException($"more than {MaximumDepth} NOT and parentheses are inside each other.", Current.Position);
        }

        FilterNode node;
        if (Current.Is("NOT"))
        {
            _at++;
            node = new FilterNode.Not(ReadOne());
        }
        else if (Current.IsSign("("))
        {
            _at++;
            node = ReadAny();
            Take(")");
        }
        else
        {
            node = ReadCondition();
        }

        _depth--;
        return node;
    }

    private FilterNode.Condition ReadCondition()
    {
        if (++_conditions > MaximumConditions)
        {
            throw new RunFilterException($"it has more than {MaximumConditions} comparisons.", Current.Position);
        }

        FilterField field = ReadField();
        FilterToken sign = Current;
        FilterOperator comparison = ReadOperator();
        List<FilterValue> values = comparison is FilterOperator.In or FilterOperator.NotIn ? ReadList() : [ReadValue()];
        FilterRules.Check(field, comparison, sign, values);
        return new FilterNode.Condition(field, comparison, values);
    }

    private FilterField ReadField()
    {
        FilterToken token = Current;
        if (token.Kind is FilterTokenKind.Quoted or FilterTokenKind.Key)
        {
            _at++;
            return FilterRules.Attribute(token.Text, token.Position);
        }

        if (token.Kind != FilterTokenKind.Word)
        {
            throw Unexpected("a field such as metrics.loss, params.model, tags.team or status");
        }

        _at++;
        if (Current.IsSign("("))
        {
            _at++;
            FilterField inner = ReadField();
            Take(")");
            return FilterRules.OfHistory(token, inner);
        }

        int dot = token.Text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return FilterRules.Attribute(token.Text, token.Position);
        }

        string entity = token.Text[..dot], key = token.Text[(dot + 1)..];
        if (key.Length == 0)
        {
            if (Current.Kind is not (FilterTokenKind.Quoted or FilterTokenKind.Key))
            {
                throw Unexpected($"the key of {entity}");
            }

            key = Current.Text;
            _at++;
        }

        return FilterRules.Field(entity, key, token.Position);
    }

    private FilterOperator ReadOperator()
    {
        bool isNegated = Current.Is("NOT");
        if (isNegated)
        {
            _at++;
        }

        FilterToken token = Current;
        FilterOperator? comparison = token switch
        {
            _ when token.Is("IN") => isNegated ? FilterOperator.NotIn : FilterOperator.In,
            _ when isNegated => null,
            _ when token.Is("LIKE") => FilterOperator.Like,
            _ when token.Is("ILIKE") => FilterOperator.LikeIgnoringCase,
            { Kind: FilterTokenKind.Sign, Text: "=" or "==" } => FilterOperator.Equal,
            { Kind: FilterTokenKind.Sign, Text: "!=" or "<>" } => FilterOperator.NotEqual,
            { Kind: FilterTokenKind.Sign, Text: "<" } => FilterOperator.Less,
            { Kind: FilterTokenKind.Sign, Text: "<=" } => FilterOperator.LessOrEqual,
            { Kind: FilterTokenKind.Sign, Text: ">" } => FilterOperator.Greater,
            { Kind: FilterTokenKind.Sign, Text: ">=" } => FilterOperator.GreaterOrEqual,
            _ => null,
        };
        if (comparison is not { } read)
        {
            throw Unexpected(isNegated ? "IN" : "a comparison: = != < <= > >= LIKE ILIKE IN NOT IN");
        }

        _at++;
        return read;
    }

    private List<FilterValue> ReadList()
    {
        Take("(");
        List<FilterValue> values = [ReadValue()];
        while (Current.IsSign(","))
        {
            _at++;
            values.Add(ReadValue());
            if (values.Count > MaximumListed)
            {
                throw new RunFilterException($"a list holds at most {MaximumListed} values.", Current.Position);
            }
        }

        Take(")");
        return values;
    }

    private FilterValue ReadValue()
    {
        FilterToken token = Current;
        FilterValue? value = token switch
        {
            { Kind: FilterTokenKind.Text or FilterTokenKind.Quoted } => new FilterValue(token.Text, 0, token.Position),
            { Kind: FilterTokenKind.Number or FilterTokenKind.Word } when NumberOf(token.Text) is { } number => new FilterValue(null, number, token.Position),
            _ => null,
        };
        if (value is not { } read)
        {
            throw Unexpected("a value: a number, or a text in '...'");
        }

        _at++;
        return read;
    }

    private static double? NumberOf(string text)
    {
        ReadOnlySpan<char> magnitude = text.AsSpan(text[0] is '-' or '+' ? 1 : 0);
        if (magnitude.Equals("NaN", StringComparison.OrdinalIgnoreCase))
        {
            return double.NaN;
        }

        if (magnitude.Equals("Infinity", StringComparison.OrdinalIgnoreCase) || magnitude.Equals("Inf", StringComparison.OrdinalIgnoreCase))
        {
            return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }

        return char.IsAsciiLetter(text[^1]) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? null : number;
    }

    private void Take(string sign)
    {
        if (!Current.IsSign(sign))
        {
            throw Unexpected($"'{sign}'");
        }

        _at++;
    }

    private RunFilterException Unexpected(string expected)
    {
        string found = Current.Kind == FilterTokenKind.End ? "it ends" : $"'{Shortened(Current.Text)}' stands";
        return new RunFilterException($"{found} where {expected} is expected.", Current.Position);
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
