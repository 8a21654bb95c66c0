using Mlops.Storage;

namespace Mlops.Registry.Tests.Approvals;

public abstract class ApprovalSuite : RegistrySuite
{
    private static readonly PromotionOptions ToChampion = new();

    [Test]
    public async Task Approvals_and_withdrawals_are_only_ever_added()
    {
        await RegisterAsync(1);
        Approval given = await Registry.ApproveAsync("m", 1, new() { Alias = "champion", Actor = "bob", Reason = "looked at it" });
        Time.Advance(TimeSpan.FromHours(1));
        Approval withdrawn = await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob", Reason = "too early" });

        Assert.That(await Registry.ListApprovalsAsync("m", 1), Is.EqualTo(new[] { given, withdrawn }));
        Assert.That(given, Is.EqualTo(new Approval(given.Id, "m", 1, "champion", true, Start, "bob", "looked at it")));
        Assert.That(withdrawn, Is.EqualTo(new Approval(withdrawn.Id, "m", 1, null, false, Start + TimeSpan.FromHours(1), "bob", "too early")));
        Assert.That(withdrawn.Id, Is.GreaterThan(given.Id));
    }

    [Test]
    public async Task Only_what_stands_can_be_withdrawn()
    {
        await RegisterAsync(1);
        await Registry.ApproveAsync("m", 1, new() { Actor = "bob", Alias = "champion" });

        Assert.That(async () => await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "eve" }), Throws.TypeOf<ApprovalNotFoundException>().With.Property("Actor").EqualTo("eve"));
        Assert.That(async () => await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob", Alias = "other" }), Throws.TypeOf<ApprovalNotFoundException>());
        await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "BOB", Alias = "champion" });
        Assert.That(async () => await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob" }), Throws.TypeOf<ApprovalNotFoundException>());
        Assert.That(async () => await Registry.ApproveAsync("m", 2), Throws.TypeOf<VersionNotFoundException>());
        Assert.That(async () => await Registry.ApproveAsync("absent", 1), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(() => Registry.ApproveAsync("m", 1, new() { Actor = " " }), Throws.ArgumentException);
    }

    [Test]
    public async Task A_repeated_approval_is_the_first_one_and_a_different_one_is_refused()
    {
        await RegisterAsync(2);
        Approval first = await Registry.ApproveAsync("m", 1, new() { Actor = "bob", IdempotencyKey = "k" });
        await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob" });

        Assert.That(await Registry.ApproveAsync("m", 1, new() { Actor = "bob", IdempotencyKey = "k" }), Is.EqualTo(first));
        Assert.That(async () => await Registry.ApproveAsync("m", 2, new() { Actor = "bob", IdempotencyKey = "k" }), Throws.TypeOf<IdempotencyConflictException>());
        Assert.That(await Registry.ListApprovalsAsync("m", 1), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Who_registered_a_version_does_not_approve_it()
    {
        await Registry.RegisterAsync("m", Content("x"), new() { Format = ModelFormat.Other, Actor = "ann" });
        await Registry.ApproveAsync("m", 1, new() { Actor = "Ann" });
        PromotionDecision alone = await Registry.PromoteAsync("m", 1, [PromotionGate.Approved()], ToChampion);
        Time.Advance(TimeSpan.FromHours(1));
        await Registry.ApproveAsync("m", 1, new() { Actor = "bob" });
        PromotionDecision seen = await Registry.PromoteAsync("m", 1, [PromotionGate.Approved()], ToChampion);

        Assert.That((alone.Accepted, alone.Gates[0].Verdict, alone.Gates[0].Facts.Count), Is.EqualTo((false, GateVerdict.Failed, 0)));
        Assert.That(alone.Gates[0].Reason, Is.EqualTo("approved by 0 of 1 that must, besides 'ann' who registered it"));
        Assert.That(seen.Accepted, Is.True);
        GateOutcome stored = (await Registry.FindDecisionAsync(seen.Id))!.Gates.Single();
        Assert.That(stored.Facts, Is.EquivalentTo(new Dictionary<string, string> { ["bob"] = "2026-03-01T13:00:00.0000000+00:00" }));
        Assert.That(stored.Numbers, Is.EquivalentTo(new Dictionary<string, double> { ["approvals"] = 1, ["required"] = 1 }));
    }

    [Test]
    public async Task One_person_counts_once_and_only_for_what_was_approved()
    {
        await RegisterAsync(1);
        await Registry.ApproveAsync("m", 1, new() { Actor = "bob" });
        await Registry.ApproveAsync("m", 1, new() { Actor = "bob" });
        await Registry.ApproveAsync("m", 1, new() { Actor = "BOB" });
        await Registry.ApproveAsync("m", 1, new() { Actor = "cid", Alias = "elsewhere" });
        Assert.That(await AcceptedAsync(by: 2), Is.False);

        await Registry.ApproveAsync("m", 1, new() { Actor = "dan", Alias = "champion" });
        Assert.That(await AcceptedAsync(by: 2), Is.True);
        await Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob", Alias = "champion" });
        Assert.That(await AcceptedAsync(by: 2), Is.False);
        Assert.That(await AcceptedAsync(by: 2, alias: "elsewhere"), Is.True, "bob approves of every other alias still");

        async Task<bool> AcceptedAsync(int by, string alias = "champion") =>
            (await Registry.PromoteAsync("m", 1, [PromotionGate.Approved(by)], new() { Alias = alias })).Accepted;
    }

    [Test]
    public async Task An_approval_withdrawn_while_other_gates_are_asked_stops_the_promotion()
    {
        await RegisterAsync(1);
        await Registry.ApproveAsync("m", 1, new() { Actor = "bob" });
        IPromotionGate slow = PromotionGate.Create("slow", async (context, token) =>
        {
            await context.Registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob" }, token);
            return GateResult.Pass("done");
        });

        Assert.That(async () => await Registry.PromoteAsync("m", 1, [PromotionGate.Approved(), slow]), Throws.TypeOf<ApprovalConflictException>());
        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
        Assert.That(await Registry.ListDecisionsAsync("m", "champion"), Is.Empty);
    }

    [Test]
    public async Task Of_a_withdrawal_and_promotions_from_eight_connections_one_order_holds()
    {
        await RegisterAsync(8);
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        List<ModelRegistry> registries = databases.ConvertAll(Open);
        for (int number = 1; number <= 8; number++)
        {
            await Registry.ApproveAsync("m", number, new() { Actor = "bob" });
        }

        bool[] promoted = await Task.WhenAll(registries.Select((registry, i) => Task.Run(async () =>
        {
            Task withdrawing = Registry.WithdrawApprovalAsync("m", i + 1, new() { Actor = "bob" });
            bool accepted;
            try
            {
                accepted = (await registry.PromoteAsync("m", i + 1, [PromotionGate.Approved()], new() { Alias = $"a{i}" })).Accepted;
            }
            catch (ApprovalConflictException)
            {
                accepted = false;
            }

            await withdrawing;
            return accepted;
        })));

        for (int i = 0; i < 8; i++)
        {
            Assert.That((await Registry.FindAsync($"m@a{i}"))?.Number, Is.EqualTo(promoted[i] ? i + 1 : null));
            Assert.That((await Registry.PromoteAsync("m", i + 1, [PromotionGate.Approved()], new() { Alias = "late" })).Accepted, Is.False);
        }

        await CloseAsync(databases);
    }

    [Test]
    public void An_approval_is_asked_of_somebody() =>
        Assert.That(() => PromotionGate.Approved(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
