namespace Mlops.Tracking;

/// <summary>Which fields there are, and what each can be compared with.</summary>
internal static class FilterRules
{
    private const string Attributes = "run_id, run_name, parent_run_id, status, start_time or end_time";

    private static readonly Dictionary<string, FilterFieldKind> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["run_id"] = FilterFieldKind.RunId,
        ["run_name"] = FilterFieldKind.RunName,
        ["run name"] = FilterFieldKind.RunName,
        ["parent_run_id"] = FilterFieldKind.ParentRunId,
        ["status"] = FilterFieldKind.Status,
        ["start_time"] = FilterFieldKind.StartTime,
        ["created"] = FilterFieldKind.StartTime,
        ["end_time"] = FilterFieldKind.EndTime,
    };

    public static FilterField Attribute(string name, int position) => Named.TryGetValue(name, out FilterFieldKind kind)
        ? new FilterField(kind, "")
        : throw new RunFilterException($"'{name}' is no attribute of a run; it has {Attributes}. Metrics, parameters and tags are written metrics.key, params.key and tags.key.", position);

    public static FilterField Field(string entity, string key, int position) => entity.ToUpperInvariant() switch
    {
        "METRIC" or "METRICS" => new FilterField(FilterFieldKind.MetricLast, key),
        "PARAM" or "PARAMS" or "PARAMETER" or "PARAMETERS" => new FilterField(FilterFieldKind.Parameter, key),
        "TAG" or "TAGS" => new FilterField(FilterFieldKind.Tag, key),
        "ATTRIBUTE" or "ATTRIBUTES" or "ATTR" or "RUN" => Attribute(key, position),
        _ => throw new RunFilterException($"'{entity}' is nothing a run has; it has metrics, params, tags and attributes.", position),
    };

    /// <summary>A function of all points of a metric.</summary>
    public static FilterField OfHistory(FilterToken function, FilterField field)
    {
        FilterFieldKind? kind = function.Text.ToUpperInvariant() switch
        {
            "LAST" => FilterFieldKind.MetricLast,
            "MIN" => FilterFieldKind.MetricMinimum,
            "MAX" => FilterFieldKind.MetricMaximum,
            "COUNT" => FilterFieldKind.MetricCount,
            _ => null,
        };
        return kind is { } known && field.Kind == FilterFieldKind.MetricLast
            ? field with { Kind = known }
            : throw new RunFilterException($"{function.Text}(...) is not known; there are last, min, max and count of a metric, as in min(metrics.loss).", function.Position);
    }

    /// <exception cref="RunFilterException">The field cannot be compared so, or not with these values.</exception>
    public static void Check(FilterField field, FilterOperator comparison, FilterToken sign, List<FilterValue> values)
    {
        bool isNumber = field.Kind is FilterFieldKind.StartTime or FilterFieldKind.EndTime or >= FilterFieldKind.MetricLast;
        bool isOrder = comparison is FilterOperator.Less or FilterOperator.LessOrEqual or FilterOperator.Greater or FilterOperator.GreaterOrEqual;
        bool isPattern = comparison is FilterOperator.Like or FilterOperator.LikeIgnoringCase;
        if (isNumber ? isPattern : isOrder || (isPattern && field.Kind == FilterFieldKind.Status))
        {
            string allowed = isNumber ? "= != < <= > >= IN NOT IN" : field.Kind == FilterFieldKind.Status ? "= != IN NOT IN" : "= != LIKE ILIKE IN NOT IN";
            throw new RunFilterException($"{sign.Text} does not compare this field; {allowed} do.", sign.Position);
        }

        foreach (FilterValue value in values)
        {
            if (value.Text is null != isNumber)
            {
                throw new RunFilterException(isNumber ? "the field is a number, so its value has no quotes." : "the field is a text, so its value stands in '...'.", value.Position);
            }

            if (isNumber)
            {
                CheckNumber(field.Kind, isOrder, value);
            }
            else if (isPattern)
            {
                CheckPattern(value);
            }
            else if (field.Kind == FilterFieldKind.Status && StatusOf(value.Text!) is null)
            {
                throw new RunFilterException($"'{value.Text}' is no status; there are {string.Join(", ", Enum.GetNames<RunStatus>())}.", value.Position);
            }
        }
    }

    public static RunStatus? StatusOf(string name) =>
        Array.Exists(Enum.GetNames<RunStatus>(), known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ? Enum.Parse<RunStatus>(name, ignoreCase: true) : null;

    private static void CheckNumber(FilterFieldKind kind, bool isOrder, FilterValue value)
    {
        if (isOrder && double.IsNaN(value.Number))
        {
            throw new RunFilterException("nothing is less or greater than NaN; compare with = or !=.", value.Position);
        }

        bool isWhole = kind is FilterFieldKind.StartTime or FilterFieldKind.EndTime or FilterFieldKind.MetricCount;

        // Beyond, doubles have no units and milliseconds no microseconds.
        if (isWhole && !(Math.Abs(value.Number) <= 9e15 && Math.Floor(value.Number) == value.Number))
        {
            throw new RunFilterException(
                kind == FilterFieldKind.MetricCount ? "a count is a whole number." : "a time is a whole number of milliseconds since 1970-01-01 UTC.", value.Position);
        }
    }

    private static void CheckPattern(FilterValue value)
    {
        int slashes = 0;
        for (int i = value.Text!.Length - 1; i >= 0 && value.Text[i] == '\\'; i--)
        {
            slashes++;
        }

        if (slashes % 2 == 1)
        {
            throw new RunFilterException(@"a pattern does not end with a single \, which makes the character after it an ordinary one.", value.Position);
        }
    }
}
