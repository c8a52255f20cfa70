        const i64 heads = classes - (reference >= 0);
        const @IO@ *const x = eta + at[b] * heads;
        @R@ max = reference < 0 ? -INFINITY@B@ : 0;
        double sum = reference < 0 ? 0 : 1;
        for (i64 k = 0; k < heads; ++k) push_@R@(&max, &sum, load_@DTYPE@(x[k]));
        const i64 own = head_of_@R@((@R@)y[of[b]], classes, reference);
        const double loss = class_loss_@R@(own, own < 0 ? 0 : load_@DTYPE@(x[own]), max, sum);
        s0 += live[b] ? (double)w[b] * loss : 0;
@STORE@
