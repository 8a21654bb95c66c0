namespace Mlops.Storage;

/// <summary>What each kind of field can be compared with.</summary>
internal static class FilterRules
{
    /// <exception cref="FilterException">The field cannot be compared so, or not with these values.</exception>
    public static void Check(FilterReader reader, FieldReference field, FilterOperator comparison, FilterToken sign, List<FilterValue> values)
    {
        QueryValueKind kind = field.Field.Kind;
        bool isNumber = kind != QueryValueKind.Text;
        bool isOrder = comparison is FilterOperator.Less or FilterOperator.LessOrEqual or FilterOperator.Greater or FilterOperator.GreaterOrEqual;
        bool isPattern = comparison is FilterOperator.Like or FilterOperator.LikeIgnoringCase;
        if (isNumber ? isPattern : isOrder)
        {
            throw reader.Refuse($"{sign.Text} does not compare this field; {(isNumber ? "= != < <= > >= IN NOT IN" : "= != LIKE ILIKE IN NOT IN")} do.", sign.Position);
        }

        foreach (FilterValue value in values)
        {
            if (value.Text is null != isNumber)
            {
                throw reader.Refuse(isNumber ? "the field is a number, so its value has no quotes." : "the field is a text, so its value stands in '...'.", value.Position);
            }

            if (isNumber)
            {
                CheckNumber(reader, kind, isOrder, value);
            }
            else
            {
                CheckText(reader, field, isPattern, value);
            }
        }
    }

    private static void CheckNumber(FilterReader reader, QueryValueKind kind, bool isOrder, FilterValue value)
    {
        if (isOrder && double.IsNaN(value.Number))
        {
            throw reader.Refuse("nothing is less or greater than NaN; compare with = or !=.", value.Position);
        }

        if (kind != QueryValueKind.Number && !FilterReader.IsWhole(value.Number))
        {
            throw reader.Refuse(kind == QueryValueKind.Time ? "a time is a whole number of milliseconds since 1970-01-01 UTC." : "the field is a whole number.", value.Position);
        }
    }

    private static void CheckText(FilterReader reader, FieldReference field, bool isPattern, FilterValue value)
    {
        if (!isPattern && field.Field.Choices is { } choices && !choices.ContainsKey(value.Text!))
        {
            throw reader.Refuse($"'{value.Text}' is no {field.Name}; there are {string.Join(", ", choices.Keys)}.", value.Position);
        }

        int slashes = 0;
        for (int i = value.Text!.Length - 1; i >= 0 && value.Text[i] == '\\'; i--)
        {
            slashes++;
        }

        if (isPattern && slashes % 2 == 1)
        {
            throw reader.Refuse(@"a pattern does not end with a single \, which makes the character after it an ordinary one.", value.Position);
        }
    }
}
