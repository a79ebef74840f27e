package store.edge;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import store.edge.Guests.Guest;

/** {@code POST /api/guests}: a new customer, or a fresh token for the customer whose token the request shows. */
@RestController
class GuestController {

    // RFC 6750, section 2.1
    private static final Pattern BEARER = Pattern.compile("(?i:Bearer) +([A-Za-z0-9._~+/-]+=*)");

    private final Guests guests;

    GuestController(Guests guests) {
        this.guests = guests;
    }

    @PostMapping("/api/guests")
    @Nullable
    ResponseEntity<Guest> admit(
            @RequestHeader(name = HttpHeaders.AUTHORIZATION, required = false) @Nullable String authorization,
            HttpServletResponse response)
            throws IOException {
        if (authorization == null) {
            return created(guests.admit());
        }
        var bearer = BEARER.matcher(authorization);
        if (bearer.matches()) {
            try {
                return created(guests.renew(bearer.group(1)));
            } catch (JwtException _) {
                // refused below: with a new customer instead, the caller would silently lose its orders
            }
        }
        EdgeProblems.unauthenticated(response, true);
        return null;
    }

    private static ResponseEntity<Guest> created(Guest guest) {
        return ResponseEntity.status(HttpStatus.CREATED)
                .contentType(MediaType.APPLICATION_JSON)
                .cacheControl(CacheControl.noStore())
                .body(guest);
    }
}
