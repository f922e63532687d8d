namespace Rescind.AspNetCore.Identity.Diagnostics;

/// <summary>The failures of this package: 60xx starting, 61xx changing users and starting their sessions.</summary>
internal static class UserErrors
{
    public static readonly Error InvalidOptions = Define(6001,
        "The options of AddRescind are invalid.",
        "Set the named property and start again.");
    public static readonly Error ChangesUnseen = Define(6002,
        "Changes of users or roles would not be revoked.",
        "Call AddRescind after AddRoles; derive a UserManager of your own from RevokingUserManager, a RoleManager from "
        + "RevokingRoleManager.");

    public static readonly Error NotRecorded = Define(6101,
        "The revocation that goes with a change could not be recorded.",
        "Repeat the change when the Authority's store works again.");
    public static readonly Error LoginOvertaken = Define(6102,
        "The user was changed while the login was under way.",
        "Let the person log in again.");
    public static readonly Error DeviceMissing = Define(6103,
        "The device of the session cannot be determined.",
        "Start the session with the tag device, an id that the device keeps.");
    public static readonly Error TransactionUnseen = Define(6104,
        "A change of users or roles would be revoked at the wrong moment, because its transaction cannot be followed.",
        "Begin the transaction with EF Core, on a DbContext that AddDbContext has registered, or make the change without one.");

    private static Error Define(int number, string title, string nextStep) => new(number, title, nextStep);
}
