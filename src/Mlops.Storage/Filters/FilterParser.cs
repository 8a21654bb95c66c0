namespace Mlops.Storage;

/// <summary>
/// Reads the filter language: what MLflow's search has, and OR, NOT, parentheses, IN for every text, and functions.
/// <c>or := and ("OR" and)*; and := not ("AND" not)*; not := "NOT" not | "(" or ")" | field comparison</c>.
/// </summary>
internal sealed class FilterParser
{
    private const int MaximumDepth = 32;
    private const int MaximumConditions = 100;
    private const int MaximumListed = 1_000;

    private readonly FilterReader _reader;
    private int _depth;
    private int _conditions;

    private FilterParser(FilterReader reader) => _reader = reader;

    /// <exception cref="FilterException">The text is no filter, or longer or deeper than any should be.</exception>
    public static FilterNode Parse(string text, QueryFields fields)
    {
        var parser = new FilterParser(new FilterReader(text, fields, "a filter"));
        FilterNode node = parser.ReadAny();
        return parser._reader.IsAtEnd ? node : throw parser._reader.Unexpected("AND, OR or the end");
    }

    private FilterNode ReadAny()
    {
        List<FilterNode> nodes = [ReadAll()];
        while (_reader.TakeWord("OR"))
        {
            nodes.Add(ReadAll());
        }

        return nodes.Count == 1 ? nodes[0] : new FilterNode.Any(nodes);
    }

    private FilterNode ReadAll()
    {
        List<FilterNode> nodes = [ReadOne()];
        while (_reader.TakeWord("AND"))
        {
            nodes.Add(ReadOne());
        }

        return nodes.Count == 1 ? nodes[0] : new FilterNode.All(nodes);
    }

    private FilterNode ReadOne()
    {
        if (++_depth > MaximumDepth)
        {
            throw _reader.Refuse($"more than {MaximumDepth} NOT and parentheses are inside each other.", _reader.Current.Position);
        }

        FilterNode node;
        if (_reader.TakeWord("NOT"))
        {
            node = new FilterNode.Not(ReadOne());
        }
        else if (_reader.TakeSign("("))
        {
            node = ReadAny();
            _reader.RequireSign(")");
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
            throw _reader.Refuse($"it has more than {MaximumConditions} comparisons.", _reader.Current.Position);
        }

        FieldReference reference = _reader.ReadField();
        FilterToken sign = _reader.Current;
        FilterOperator comparison = ReadOperator();
        List<FilterValue> values = comparison is FilterOperator.In or FilterOperator.NotIn ? ReadList() : [ReadValue()];
        FilterRules.Check(_reader, reference, comparison, sign, values);
        bool isText = reference.Field.Kind == QueryValueKind.Text;
        return new FilterNode.Condition(reference.Field, new FilterComparison(
            comparison, isText ? [.. values.Select(static value => value.Text!)] : [], isText ? [] : [.. values.Select(static value => value.Number)]));
    }

    private FilterOperator ReadOperator()
    {
        bool isNegated = _reader.TakeWord("NOT");
        FilterToken token = _reader.Current;
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
            throw _reader.Unexpected(isNegated ? "IN" : "a comparison: = != < <= > >= LIKE ILIKE IN NOT IN");
        }

        _reader.Advance();
        return read;
    }

    private List<FilterValue> ReadList()
    {
        _reader.RequireSign("(");
        List<FilterValue> values = [ReadValue()];
        while (_reader.TakeSign(","))
        {
            values.Add(ReadValue());
            if (values.Count > MaximumListed)
            {
                throw _reader.Refuse($"a list holds at most {MaximumListed} values.", _reader.Current.Position);
            }
        }

        _reader.RequireSign(")");
        return values;
    }

    private FilterValue ReadValue()
    {
        FilterToken token = _reader.Current;
        FilterValue? value = token.Kind is FilterTokenKind.Text or FilterTokenKind.Quoted
            ? new FilterValue(token.Text, 0, token.Position)
            : _reader.FindNumber() is { } number ? new FilterValue(null, number, token.Position) : null;
        if (value is not { } read)
        {
            throw _reader.Unexpected("a value: a number, or a text in '...'");
        }

        _reader.Advance();
        return read;
    }
}
