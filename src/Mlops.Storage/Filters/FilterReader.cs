using System.Globalization;

namespace Mlops.Storage;

/// <summary>The tokens of a filter or an order, and what both have in common: fields.</summary>
internal sealed class FilterReader
{
    // A list of a thousand run ids fits; and what fits never has more values than SQLite has parameters.
    private const int MaximumLength = 40_000;

    // Beyond, doubles have no units and milliseconds no microseconds.
    private const double MaximumWhole = 9e15;

    private readonly List<FilterToken> _tokens;
    private readonly QueryFields _fields;
    private readonly string _what;
    private int _at;

    /// <param name="text">The text.</param>
    /// <param name="fields">What it may name.</param>
    /// <param name="what">What is read, for messages: <c>a filter</c>.</param>
    /// <exception cref="FilterException">The text is too long or holds what belongs nowhere.</exception>
    public FilterReader(string text, QueryFields fields, string what)
    {
        _fields = fields;
        _what = $"{what} of {fields.Noun}s";
        if (text.Length > MaximumLength)
        {
            throw Refuse($"it has {text.Length} characters; {MaximumLength} are allowed.", MaximumLength);
        }

        _tokens = FilterLexer.Read(text, _what);
    }

    public FilterToken Current => _tokens[_at];

    public bool IsAtEnd => Current.Kind == FilterTokenKind.End;

    public static bool IsWhole(double number) => Math.Abs(number) <= MaximumWhole && Math.Floor(number) == number;

    public void Advance() => _at++;

    /// <summary>Passes over a word, if it stands here.</summary>
    public bool TakeWord(string word)
    {
        bool isThere = Current.Is(word);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    /// <summary>Passes over a sign, if it stands here.</summary>
    public bool TakeSign(string sign)
    {
        bool isThere = Current.IsSign(sign);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    public void RequireSign(string sign)
    {
        if (!TakeSign(sign))
        {
            throw Unexpected($"'{sign}'");
        }
    }

    public FieldReference ReadField()
    {
        FilterToken token = Current;
        if (token.Kind is FilterTokenKind.Quoted or FilterTokenKind.Key)
        {
            Advance();
            return _fields.Attribute(this, token.Text, token.Position);
        }

        if (token.Kind != FilterTokenKind.Word)
        {
            throw Unexpected("a field");
        }

        Advance();
        return TakeSign("(") ? ReadFunction(token) : ReadPlain(token);
    }

    /// <summary>The number that stands here; null when none does.</summary>
    public double? FindNumber() => Current.Kind is FilterTokenKind.Number or FilterTokenKind.Word ? NumberOf(Current.Text) : null;

    public FilterException Refuse(string problem, int position) => new(_what, problem, position);

    public FilterException Unexpected(string expected)
    {
        string found = IsAtEnd ? "it ends" : $"'{Shortened(Current.Text)}' stands";
        return Refuse($"{found} where {expected} is expected.", Current.Position);
    }

    private FieldReference ReadFunction(FilterToken name)
    {
        FilterToken inner = Current;
        if (inner.Kind != FilterTokenKind.Word)
        {
            throw Unexpected("a field");
        }

        // Functions are of fields and not of functions, so that nothing nests here.
        Advance();
        FieldReference field = ReadPlain(inner);
        long? number = null;
        if (TakeSign(","))
        {
            if (FindNumber() is not { } read || !IsWhole(read))
            {
                throw Unexpected("a whole number");
            }

            number = (long)read;
            Advance();
        }

        RequireSign(")");
        return _fields.Apply(this, name, field, number);
    }

    private FieldReference ReadPlain(FilterToken token)
    {
        int dot = token.Text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return _fields.Attribute(this, token.Text, token.Position);
        }

        string entity = token.Text[..dot], key = token.Text[(dot + 1)..];
        if (key.Length == 0)
        {
            if (Current.Kind is not (FilterTokenKind.Quoted or FilterTokenKind.Key))
            {
                throw Unexpected($"the key of {entity}");
            }

            key = Current.Text;
            Advance();
        }

        return _fields.Keyed(this, entity, key, token.Position);
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

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
