namespace Mlops.Storage;

/// <summary>Cuts the text of a filter or an order into tokens.</summary>
internal static class FilterLexer
{
    private static readonly string[] Signs = ["<=", ">=", "!=", "<>", "==", "<", ">", "=", "(", ")", ","];

    /// <summary>The tokens, the last of which is the end.</summary>
    /// <exception cref="FilterException">A quote is not closed, or a character belongs to nothing.</exception>
    public static List<FilterToken> Read(string text, string what)
    {
        List<FilterToken> tokens = [];
        for (int at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            FilterToken token = ReadOne(text, what, at, out at);
            tokens.Add(token);
        }

        tokens.Add(new FilterToken(FilterTokenKind.End, "", text.Length));
        return tokens;
    }

    private static FilterToken ReadOne(string text, string what, int start, out int end)
    {
        char first = text[start];
        if (first is '\'' or '"' or '`')
        {
            return ReadQuoted(text, what, start, out end);
        }

        if (char.IsAsciiLetter(first) || first == '_')
        {
            end = Skip(text, start, IsOfWord);
            return new FilterToken(FilterTokenKind.Word, text[start..end], start);
        }

        if (char.IsAsciiDigit(first) || (first is '-' or '+' or '.' && start + 1 < text.Length && (char.IsAsciiLetterOrDigit(text[start + 1]) || text[start + 1] == '.')))
        {
            end = SkipNumber(text, start);
            return new FilterToken(FilterTokenKind.Number, text[start..end], start);
        }

        foreach (string sign in Signs)
        {
            if (text.AsSpan(start).StartsWith(sign, StringComparison.Ordinal))
            {
                end = start + sign.Length;
                return new FilterToken(FilterTokenKind.Sign, sign, start);
            }
        }

        throw new FilterException(what, $"U+{(int)first:X4} belongs to no filter. Values stand in '...', keys with such characters in `...`.", start);
    }

    /// <summary>A quote inside is doubled, as in SQL.</summary>
    private static FilterToken ReadQuoted(string text, string what, int start, out int end)
    {
        char quote = text[start];
        for (int at = start + 1; at < text.Length; at++)
        {
            if (text[at] != quote)
            {
                continue;
            }

            if (at + 1 < text.Length && text[at + 1] == quote)
            {
                at++;
                continue;
            }

            end = at + 1;
            string content = text[(start + 1)..at].Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal);
            FilterTokenKind kind = quote switch { '\'' => FilterTokenKind.Text, '"' => FilterTokenKind.Quoted, _ => FilterTokenKind.Key };
            return new FilterToken(kind, content, start);
        }

        throw new FilterException(what, $"the quote {quote} is not closed.", start);
    }

    // Keys need no quotes for what most of them hold; a filter has no arithmetic that '-' and '/' could mean.
    private static bool IsOfWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '/' or ':';

    private static int Skip(string text, int at, Func<char, bool> belongs)
    {
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return at;
    }

    private static int SkipNumber(string text, int start)
    {
        int at = start + 1;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.' || (text[at] is '-' or '+' && text[at - 1] is 'e' or 'E')))
        {
            at++;
        }

        return at;
    }
}
