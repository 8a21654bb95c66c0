namespace Mlops.Storage.Tests.Filters;

public sealed class OrderingTests
{
    private static readonly QueryFields Fields = new QueryFields("thing")
        .Add("id", QueryField.Whole("t.id"))
        .Add("name", QueryField.Text("t.name"))
        .Add("ended", QueryField.Time("t.ended", isNullable: true), "finished")
        .Add("sealed", new QueryField(QueryValueKind.Number, static (sql, comparison) => sql.AppendValues("t.sealed", comparison.Operator, [1L])))
        .AddKeyed("tags", static key => QueryField.Keyed("thing_tag", "thing", "t.thing", key), "tag");

    [Test]
    public void An_order_becomes_columns_joins_and_an_order_that_states_where_missing_values_go()
    {
        Ordering ordering = Ordering.Parse("tags.team desc, finished ASC", Fields, "ended DESC, id");
        Assert.That(Sql(ordering.AppendColumns), Is.EqualTo(", o0.value AS k0, t.ended AS k1, t.id AS k2"));
        Assert.That(Sql(sql => ordering.AppendFoundColumns(sql, "page")), Is.EqualTo(", page.k0, page.k1, page.k2"));
        Assert.That(Sql(ordering.AppendJoins), Is.EqualTo("LEFT JOIN thing_tag o0 ON o0.thing = t.thing AND o0.name = @a0\n"));
        Assert.That(Sql(ordering.AppendOrderBy), Is.EqualTo(" ORDER BY o0.value DESC NULLS LAST, t.ended ASC NULLS LAST, t.id ASC"));
        Assert.That(Sql(sql => ordering.AppendFoundOrderBy(sql, "page")), Is.EqualTo(" ORDER BY page.k0 DESC NULLS LAST, page.k1 ASC NULLS LAST, page.k2 ASC"));
    }

    [Test]
    public void Behind_a_missing_value_comes_only_what_differs_further_on()
    {
        Ordering ordering = Ordering.Parse("tags.team DESC, name", Fields, "id");
        string some = Sql(sql => ordering.AppendAfter(sql, ordering.PositionOf(["x", "n", 7L])));
        string none = Sql(sql => ordering.AppendAfter(sql, ordering.PositionOf([(string?)null, "n", 7L])));
        Assert.That(some, Is.EqualTo("(((o0.value < @a0 OR o0.value IS NULL)) OR (o0.value = @a0 AND t.name > @a1) OR (o0.value = @a0 AND t.name = @a1 AND t.id > @a2))"));
        Assert.That(none, Is.EqualTo("((o0.value IS NULL AND t.name > @a0) OR (o0.value IS NULL AND t.name = @a0 AND t.id > @a1))"));
    }

    [Test]
    public void What_is_always_there_bounds_the_search()
    {
        Ordering one = Ordering.Parse("name", Fields, "id"), two = Ordering.Parse("name DESC", Fields, "id");
        Assert.That(Sql(sql => one.AppendAfter(sql, one.PositionOf(["n", 7L]))), Is.EqualTo("(t.name, t.id) > (@a0, @a1)"));
        Assert.That(Sql(sql => two.AppendAfter(sql, two.PositionOf(["n", 7L]))), Is.EqualTo("(t.name <= @a0 AND ((t.name < @a0) OR (t.name = @a0 AND t.id > @a1)))"));
    }

    [Test]
    public void A_position_survives_as_text_and_is_refused_by_every_other_order()
    {
        Ordering ordering = Ordering.Parse("tags.team, ended", Fields, "id");
        OrderPosition position = ordering.PositionOf(["zw\u00f6lf \ud83d\ude00", (long?)null, long.MinValue]);
        string text = position.ToString();
        Assert.That(text, Does.Match("^[A-Za-z0-9_-]+$"));
        Assert.That(ordering.ParsePosition(text, "after").ToString(), Is.EqualTo(text));
        foreach (string other in (string[])["tags.team DESC, ended", "tags.other, ended", "ended, tags.team", "tags.team", ""])
        {
            Assert.That(() => Ordering.Parse(other, Fields, "id").ParsePosition(text, "after"), Throws.ArgumentException, other);
        }
    }

    [Test]
    public void A_text_that_is_no_position_is_refused()
    {
        Ordering ordering = Ordering.Parse("name", Fields, "id");
        string text = ordering.PositionOf(["abc", 1L]).ToString();
        var random = new Random(5);
        foreach (string broken in (string[])["", "!", "AAAA", text[..^2], text + "AA"])
        {
            Assert.That(() => ordering.ParsePosition(broken, "after"), Throws.ArgumentException, broken);
        }

        // Whatever a caller makes of it is a position or is refused, and never anything else.
        for (int i = 0; i < 5_000; i++)
        {
            char[] changed = text.ToCharArray();
            changed[random.Next(changed.Length)] = "ABCDwxyz0189-_"[random.Next(14)];
            try
            {
                ordering.ParsePosition(new string(changed), "after");
            }
            catch (ArgumentException refused)
            {
                Assert.That(refused.ParamName, Is.EqualTo("after"));
            }
        }
    }

    [TestCase("nothing", 0, "'nothing' is no attribute")]
    [TestCase("sealed", 0, "things are not ordered by this field")]
    [TestCase("ended, name, finished DESC", 13, "orders already")]
    [TestCase("name UP", 5, "where ASC, DESC, ',' or the end")]
    [TestCase("name,", 5, "it ends where a field")]
    [TestCase("name DESC; DROP TABLE thing", 9, "U+003B")]
    public void What_cannot_be_read_is_named_with_its_place(string order, int position, string problem)
    {
        FilterException? refused = Assert.Throws<FilterException>(() => Ordering.Parse(order, Fields, "id"));
        Assert.That(refused!.Message, Does.StartWith("Reading an order of things: at character").And.Contain(problem));
        Assert.That(refused.Position, Is.EqualTo(position));
    }

    [Test]
    public void The_number_of_keys_is_bounded()
    {
        Assert.That(static () => Ordering.Parse(Keys(10), Fields, "id"), Throws.Nothing);
        Assert.That(static () => Ordering.Parse(Keys(11), Fields, "id"), Throws.InstanceOf<FilterException>().With.Message.Contains("10"));
    }

    private static string Keys(int count) => string.Join(", ", Enumerable.Range(0, count).Select(static i => $"tags.k{i}"));

    private static string Sql(Action<SqlText> append)
    {
        var sql = new SqlText();
        append(sql);
        return sql.ToString();
    }
}
