namespace Mlops.Storage;

/// <summary>What a field is compared with, and how; checked against the field's <see cref="QueryValueKind"/> already.</summary>
/// <param name="Operator">How.</param>
/// <param name="Texts">The texts: one, or those of a list; empty where the field is a number.</param>
/// <param name="Numbers">The numbers: one, or those of a list; empty where the field is a text.</param>
public sealed record FilterComparison(FilterOperator Operator, IReadOnlyList<string> Texts, IReadOnlyList<double> Numbers);
